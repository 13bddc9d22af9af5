/**
 * Serves the page on one origin, and Latchkey with CORS headers on another one, as API Gateway does. No dependencies.
 *
 * `POST /assertion` stands for your identity provider or your own backend.
 */

import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';

const latchkey = process.env.LATCHKEY ?? 'http://127.0.0.1:9000';
const pagePort = Number(process.env.PORT ?? 8081);
const apiPort = Number(process.env.API_PORT ?? 8082);
const library = new URL(process.env.LATCHKEY_DIST ?? '../../client/dist/', import.meta.url);

const page = createServer(async (incoming, outgoing) => {
  const { pathname } = new URL(incoming.url, 'http://localhost');
  if (pathname === '/') return send(outgoing, new URL('index.html', import.meta.url), 'text/html; charset=utf-8');
  if (pathname === '/config.json') return outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ api: originOf(api) }));
  if (pathname === '/assertion' && incoming.method === 'POST') return sendAssertion(incoming, outgoing);
  if (/^\/latchkey\/[\w/.-]+\.js$/.test(pathname)) return send(outgoing, new URL(pathname.slice('/latchkey/'.length), library), 'text/javascript');
  outgoing.writeHead(404).end();
});

/** The settings of `CorsConfiguration` in template.yaml. */
const cors = () => ({
  'access-control-allow-origin': originOf(page),
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-none-match',
  'access-control-expose-headers': 'etag, ratelimit, ratelimit-policy, retry-after, www-authenticate',
});

const api = createServer((incoming, outgoing) => {
  const { method, headers, url } = incoming;
  if (method === 'OPTIONS') return outgoing.writeHead(204, cors()).end();
  const forwarded = request(latchkey + url, { method, headers }, (response) => {
    outgoing.writeHead(response.statusCode, { ...response.headers, ...cors() });
    response.pipe(outgoing);
  });
  forwarded.on('error', () => outgoing.writeHead(502, cors()).end());
  incoming.pipe(forwarded);
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

function originOf(server) {
  return `http://127.0.0.1:${server.address().port}`;
}

api.listen(apiPort, '127.0.0.1', () => {
  page.listen(pagePort, '127.0.0.1', () => console.info(`open ${originOf(page)}`));
});
