// WebKit, driven by WebDriver: https://w3c.github.io/webdriver/
// WebKitWebDriver opens MiniBrowser, a window around WebKitGTK, on a virtual screen.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { clickActions, typeActions } from './actions.mjs';
import { startProgram, within } from './process.mjs';

export async function launchWebkit(driverPath) {
  const screen = startProgram('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {}, ['ignore', 'pipe', 'ignore']);
  const [number] = await within(30, 'the start of Xvfb', once(createInterface(screen.child.stdout), 'line'));
  const users = new Set();
  return {
    newUser: async () => {
      const user = await newUser(driverPath, `:${number}`);
      users.add(user);
      return user;
    },
    close: async () => {
      await Promise.all([...users].map((user) => user.close()));
      await screen.stop();
    },
  };
}

/** A driver has one browser, with cookies that end with it. */
async function newUser(driverPath, display) {
  const port = await freePort();
  const driver = startProgram(driverPath, [`--port=${port}`], { DISPLAY: display });
  const session = await startSession(`http://127.0.0.1:${port}`).catch(async (error) => {
    // A driver that is left behind would keep the test file alive until its time limit.
    await driver.stop();
    throw error;
  });
  let queue = Promise.resolve();
  /** Commands go to the current window, so that each one selects its window first, and the pairs run one after another. */
  const sendTo = (handle, method, path, body) => {
    const answered = queue.then(async () => {
      if (handle) await command(session, 'POST', '/window', { handle });
      return command(session, method, path, body);
    });
    queue = answered.catch(() => undefined);
    return answered;
  };

  let unused = await sendTo(null, 'GET', '/window');
  let latest = unused;
  /** A window, because a page in a background tab does not load the list. */
  const newTab = async () => {
    const handle = unused ?? (await sendTo(null, 'POST', '/window/new', { type: 'window' })).handle;
    unused = null;
    latest = handle;
    return tab((method, path, body) => sendTo(handle, method, path, body));
  };
  let closing;
  const close = () => (closing ??= sendTo(null, 'DELETE', '').catch(() => undefined).then(driver.stop));
  return { newTab, cookies: () => sendTo(latest, 'GET', '/cookie'), close };
}

async function startSession(server) {
  await within(30, 'the start of WebKitWebDriver', ready(server));
  const { sessionId } = await command(server, 'POST', '/session', { capabilities: {} });
  return `${server}/session/${sessionId}`;
}

/** A picture shows what is painted, which lags behind the layout. */
const PAINTED = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 250))))';

function tab(command) {
  const perform = (actions) => command('POST', '/actions', { actions });
  const evaluate = async (script) => {
    const wrapped = `const done = arguments[0]; (async () => ${script})().then((value) => done([value]), (error) => done(String(error)));`;
    const answer = await command('POST', '/execute/async', { script: wrapped, args: [] });
    if (!Array.isArray(answer)) throw new Error(answer);
    return answer[0] ?? undefined;
  };
  return {
    visit: (url) => command('POST', '/url', { url }),
    reload: () => command('POST', '/refresh', {}),
    back: () => command('POST', '/back', {}),
    evaluate,
    clickAt: (x, y) => perform(clickActions(x, y)),
    type: (text) => perform(typeActions(text)),
    /** The size of the window, which has a few lines of its own and is at least 447 px wide. */
    resize: (width, height) => command('POST', '/window/rect', { width, height }),
    screenshot: async () => {
      await evaluate(PAINTED);
      return Buffer.from(await command('GET', '/screenshot'), 'base64');
    },
    close: () => command('DELETE', '/window'),
  };
}

/** WebDriver's answer has the value, or the name of an error. */
async function command(base, method, path, body) {
  const options = { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(60_000) };
  const { value } = await (await fetch(base + path, options)).json();
  if (value?.error !== undefined) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
  return value;
}

async function ready(server) {
  for (;;) {
    const status = await command(server, 'GET', '/status').catch(() => null);
    if (status?.ready) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
