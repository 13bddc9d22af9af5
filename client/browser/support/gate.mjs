// Stops a call on its way: a proxy in front of the server that holds back a request, or a response and its cookies with it.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** A proxy in front of `server`, whose address is read with each request. */
export async function gate(server, path) {
  const state = { hold: null, held: null, release: null };
  let arrived;
  /** Holds back the next `what`; `held` resolves when it has arrived, and `release` lets it go on. */
  const hold = (what) => {
    state.hold = what;
    state.held = new Promise((resolve) => (arrived = resolve));
    state.released = new Promise((resolve) => (state.release = resolve));
  };
  const pass = async (what) => {
    if (state.hold !== what) return;
    arrived();
    await state.released;
  };
  const proxy = createServer(async (incoming, outgoing) => {
    const { method, headers, url } = incoming;
    const isGated = method === 'POST' && url === path;
    if (isGated) await pass('request');
    const forwarded = request(server.url + url, { method, headers }, async (response) => {
      if (isGated) await pass('response');
      outgoing.writeHead(response.statusCode, response.headers);
      response.pipe(outgoing);
    });
    outgoing.on('close', () => forwarded.destroy());
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    hold,
    held: () => state.held,
    release: () => state.release(),
    /** Drops what is held back, as a network does that is gone. */
    drop() {
      state.hold = null;
      proxy.closeAllConnections();
    },
    close() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}
