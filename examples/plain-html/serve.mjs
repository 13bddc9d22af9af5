/** Serves the page and the library, and forwards the API, so that the browser sees one origin. No dependencies. */

import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';

const api = process.env.LATCHKEY ?? 'http://127.0.0.1:9000';
const port = Number(process.env.PORT ?? 8080);
const library = new URL(process.env.LATCHKEY_DIST ?? '../../client/dist/', import.meta.url);

const server = createServer(async (incoming, outgoing) => {
  const { pathname } = new URL(incoming.url, 'http://localhost');
  if (/^\/(api\/auth|dev)\//.test(pathname)) return forward(incoming, outgoing);
  if (pathname === '/') return send(outgoing, new URL('index.html', import.meta.url), 'text/html; charset=utf-8');
  if (/^\/latchkey\/[\w/.-]+\.js$/.test(pathname)) return send(outgoing, new URL(pathname.slice('/latchkey/'.length), library), 'text/javascript');
  outgoing.writeHead(404).end();
});

async function send(outgoing, file, type) {
  const content = await readFile(file).catch(() => null);
  if (content !== null) return outgoing.writeHead(200, { 'content-type': type }).end(content);
  console.error(`${file.pathname} is missing: run \`npm run build\` in client/`);
  outgoing.writeHead(404).end();
}

function forward(incoming, outgoing) {
  const { method, headers } = incoming;
  const forwarded = request(api + incoming.url, { method, headers }, (response) => {
    outgoing.writeHead(response.statusCode, response.headers);
    response.pipe(outgoing);
  });
  forwarded.on('error', () => outgoing.writeHead(502).end());
  incoming.pipe(forwarded);
}

server.listen(port, '127.0.0.1', () => console.info(`open http://127.0.0.1:${server.address().port}`));
