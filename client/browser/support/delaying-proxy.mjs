// Delays a response, and its cookies with it: a proxy in front of the server that holds one response back.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** Responses to `POST path` wait for `release()`; `held` resolves when the server has sent one. */
export async function delayingProxy(server, path) {
  let release, arrived;
  const released = new Promise((resolve) => (release = resolve));
  const held = new Promise((resolve) => (arrived = resolve));
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const forwarded = request(server + incoming.url, { method, headers }, async (response) => {
      if (method === 'POST' && incoming.url === path) {
        arrived();
        await released;
      }
      outgoing.writeHead(response.statusCode, response.headers);
      response.pipe(outgoing);
    });
    outgoing.on('close', () => forwarded.destroy());
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    proxy.closeAllConnections();
    proxy.close();
  };
  return { url: `http://127.0.0.1:${proxy.address().port}`, held, release, close };
}
