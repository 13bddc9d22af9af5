// Stops a call on its way: a proxy in front of the server that holds back a request, or a response and its cookies with it.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

/**
 * A proxy in front of `server`, whose address is read with each request. It holds back calls of `POST path`. `listen` and `send`
 * are the functions of `node:http`, or others that use https.
 */
export async function gate(server, path, { listen = createServer, send = request } = {}) {
  const state = { hold: null, matches: null, held: null, released: null, release: null };
  const calls = [];
  let arrived;
  let prepare = null;
  let finish = null;
  /** Holds back the next `what` that matches; `held` resolves with the call when it has arrived, and `release` lets it go on. */
  const hold = (what, matches = () => true) => {
    Object.assign(state, { hold: what, matches });
    state.held = new Promise((resolve) => (arrived = resolve));
    state.released = new Promise((resolve) => (state.release = resolve));
  };
  const pass = async (what, call) => {
    if (state.hold !== what || !state.matches(call)) return;
    arrived(call);
    await state.released;
  };
  const proxy = listen(async (incoming, outgoing) => {
    const { method, headers, url } = incoming;
    const call = method === 'POST' && url === path ? { headers } : null;
    if (call) {
      calls.push(call);
      await prepare?.();
      await pass('request', call);
    }
    const forwarded = send(server.url + url, { method, headers }, async (response) => {
      if (call) {
        Object.assign(call, { status: response.statusCode, answer: response.headers });
        await finish?.();
        await pass('response', call);
      }
      outgoing.writeHead(response.statusCode, response.headers);
      response.pipe(outgoing);
    });
    outgoing.on('close', () => forwarded.destroy());
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** The calls until now: their `headers`, and the `status` and the headers of the `answer` once there is one. */
    calls,
    /** Runs the function before each call goes on to the server. */
    before: (run) => (prepare = run),
    /** Runs the function when the server has answered a call, before the answer goes on. */
    after: (run) => (finish = run),
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
