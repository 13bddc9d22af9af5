/**
 * Serves the page on another origin than Latchkey's, which sends CORS headers as API Gateway does. No dependencies.
 *
 * `POST /assertion` stands for your identity provider or your own backend.
 */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const latchkey = process.env.LATCHKEY ?? 'http://127.0.0.1:9000';
const port = Number(process.env.PORT ?? 8081);
const library = new URL(process.env.LATCHKEY_DIST ?? '../../client/dist/', import.meta.url);

const page = createServer(async (incoming, outgoing) => {
  const { pathname } = new URL(incoming.url, 'http://localhost');
  if (pathname === '/') return send(outgoing, new URL('index.html', import.meta.url), 'text/html; charset=utf-8');
  if (pathname === '/config.json') return outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ api: latchkey }));
  if (pathname === '/assertion' && incoming.method === 'POST') return sendAssertion(incoming, outgoing);
  if (/^\/latchkey\/[\w/.-]+\.js$/.test(pathname)) return send(outgoing, new URL(pathname.slice('/latchkey/'.length), library), 'text/javascript');
  outgoing.writeHead(404).end();
});

async function send(outgoing, file, type) {
  const content = await readFile(file).catch(() => null);
  if (content !== null) return outgoing.writeHead(200, { 'content-type': type }).end(content);
  console.error(`${file.pathname} is missing: run \`npm run build\` in client/`);
  outgoing.writeHead(404).end();
}

async function sendAssertion(incoming, outgoing) {
  let name = '';
  for await (const chunk of incoming) name += chunk;
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${latchkey}/dev/assertion`, { method: 'POST', headers, body: JSON.stringify({ sub: name }) }).catch(() => null);
  outgoing.writeHead(response?.status ?? 502, headers).end((await response?.text()) ?? '{}');
}

page.listen(port, '127.0.0.1', () => console.info(`open http://127.0.0.1:${page.address().port}`));
