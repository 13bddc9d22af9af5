// What is on the way to the browser may be late, and its cookies with it: a way to the server that keeps an answer back.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** Answers to `POST path` wait for `release()`; `held` resolves when the server has given one. */
export async function lateDoor(server, path) {
  let release, arrived;
  const released = new Promise((resolve) => (release = resolve));
  const held = new Promise((resolve) => (arrived = resolve));
  const door = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const onward = request(server + incoming.url, { method, headers }, async (answer) => {
      if (method === 'POST' && incoming.url === path) {
        arrived();
        await released;
      }
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    outgoing.on('close', () => onward.destroy());
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await once(door.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    door.closeAllConnections();
    door.close();
  };
  return { url: `http://127.0.0.1:${door.address().port}`, held, release, close };
}
