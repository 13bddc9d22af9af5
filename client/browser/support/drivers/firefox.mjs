// Firefox, driven by WebDriver BiDi, which it speaks itself: https://w3c.github.io/webdriver-bidi/
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { clickActions, typeActions } from './actions.mjs';
import { startProgram, within } from './process.mjs';

// Not in /tmp, because a Firefox that was installed as a snap has a /tmp of its own.
const PROFILES = fileURLToPath(new URL('../../../../target/firefox-', import.meta.url));

export async function launchFirefox(executablePath) {
  const profile = mkdtempSync(PROFILES);
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  const { child, stop } = startProgram(executablePath, args, { MOZ_CRASHREPORTER_DISABLE: '1' }, ['ignore', 'ignore', 'pipe']);
  const address = await within(60, 'the start of Firefox', bidiAddress(child.stderr));
  const connection = await connect(`${address}/session`);
  await connection.send('session.new', { capabilities: {} });
  return {
    newUser: () => newUser(connection.send),
    close: async () => {
      connection.close();
      await stop();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The reader stays, because Firefox would wait if nothing emptied the pipe. */
function bidiAddress(stderr) {
  return new Promise((resolve, reject) => {
    const lines = createInterface(stderr);
    lines.on('line', (line) => {
      const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? [];
      if (address !== undefined) resolve(address);
    });
    lines.on('close', () => reject(new Error('Firefox ended without an address for WebDriver BiDi')));
  });
}

async function connect(address) {
  const socket = new WebSocket(address);
  await within(30, 'the connection to Firefox', once(socket, 'open'));
  const waiting = new Map();
  let last = 0;
  socket.on('message', (data) => {
    const { id, type, result, error, message } = JSON.parse(data);
    const { resolve, reject } = waiting.get(id) ?? {};
    if (waiting.delete(id)) type === 'success' ? resolve(result) : reject(new Error(`${error}: ${message}`));
  });
  const send = (method, params) => {
    const id = ++last;
    const answered = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    socket.send(JSON.stringify({ id, method, params }));
    return within(60, method, answered);
  };
  return { send, close: () => socket.close() };
}

/** A user context has cookies and storage of its own. */
async function newUser(send) {
  const { userContext } = await send('browser.createUserContext', {});
  /** A window, because a page in a background tab does not load the list. */
  const newTab = async () => tab(send, (await send('browsingContext.create', { type: 'window', userContext })).context);
  const cookies = async () => {
    const { cookies } = await send('storage.getCookies', { partition: { type: 'storageKey', userContext } });
    return cookies.map(({ value, ...cookie }) => ({ ...cookie, value: value.value }));
  };
  return { newTab, cookies, close: () => send('browser.removeUserContext', { userContext }) };
}

function tab(send, context) {
  return {
    visit: (url) => send('browsingContext.navigate', { context, url, wait: 'complete' }),
    reload: () => send('browsingContext.reload', { context, wait: 'complete' }),
    back: () => send('browsingContext.traverseHistory', { context, delta: -1 }),
    evaluate: async (script) => {
      const expression = `(async () => JSON.stringify(await ${script}))()`;
      const answer = await send('script.evaluate', { expression, target: { context }, awaitPromise: true });
      if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text);
      return answer.result.type === 'undefined' ? undefined : JSON.parse(answer.result.value);
    },
    clickAt: (x, y) => send('input.performActions', { context, actions: clickActions(x, y) }),
    type: (text) => send('input.performActions', { context, actions: typeActions(text) }),
    resize: (width, height) => send('browsingContext.setViewport', { context, viewport: { width, height } }),
    screenshot: async () => Buffer.from((await send('browsingContext.captureScreenshot', { context })).data, 'base64'),
    close: () => send('browsingContext.close', { context }),
  };
}
