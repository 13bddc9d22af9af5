// A user with a browser context of their own: separate cookies and tabs.

/** `consoleLines` collects what the pages write to the console. */
export async function newUser({ browser, url }, options = {}) {
  // Without motion, because axe cannot measure the contrast of a colour in transition.
  const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce', viewport: { width: 1000, height: 800 }, ...options });
  return { context, ...tabsOf(context, url) };
}

export function tabsOf(context, url) {
  const consoleLines = [];
  /** `prepare` runs in the page before its own scripts. */
  const open = async (prepare) => {
    const page = await context.newPage();
    if (prepare) await page.addInitScript(prepare);
    page.on('console', (message) => consoleLines.push(message.text()));
    page.on('pageerror', (error) => consoleLines.push(String(error)));
    await page.goto(url);
    return page;
  };
  return { consoleLines, open };
}

export async function signIn(page, name) {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('This device', { exact: true }).waitFor();
}

/** A notice or the end of a session. The selector is needed because the live region has the same text. */
export const notice = (page, text) => page.locator('.latchkey-notice, .latchkey-ended', { hasText: text });

/** Waits for the text; a failure contains the text of the page. */
export async function waitForNotice(page, text, timeout = 30_000) {
  await notice(page, text).first().waitFor({ timeout }).catch(async () => {
    throw new Error(`"${text}" was not found; the page has: ${await page.locator('body').innerText()}`);
  });
}

/** The times of the requests for a path from now on, in all tabs of a context. */
export function requestTimes(context, method, path) {
  const times = [];
  context.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === method && pathname === `/api/auth${path}`) times.push(Date.now());
  });
  return times;
}

/** The refresh token that an answer sets as a cookie. */
export async function refreshCookieOf(response) {
  const [, token] = /^latchkey_\d+_refresh=([^;]*)/m.exec(await response.headerValue('set-cookie')) ?? [];
  return token;
}

/** The answers to the requests for a path from now on. */
export function responsesTo(context, method, path) {
  const all = [];
  context.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.request().method() === method && pathname === `/api/auth${path}`) all.push(response);
  });
  return all;
}

/** The answer to the next request for a path. */
export const nextResponse = (page, method, path) =>
  page.waitForResponse((response) => {
    const { pathname } = new URL(response.url());
    return response.request().method() === method && pathname === `/api/auth${path}`;
  });
