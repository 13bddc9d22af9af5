// Somebody at a browser of their own: cookies and tabs apart from everybody else's.

/** `said` is what their pages wrote to the console. */
export async function person({ browser, url }, options = {}) {
  // Without motion: a colour that is half-way to another one has no contrast to measure.
  const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce', viewport: { width: 1000, height: 800 }, ...options });
  return { context, ...tabsOf(context, url) };
}

export function tabsOf(context, url) {
  const said = [];
  /** `prepare` runs in the page before anything else does. */
  const open = async (prepare) => {
    const page = await context.newPage();
    if (prepare) await page.addInitScript(prepare);
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(url);
    return page;
  };
  return { said, open };
}

export async function signIn(page, name) {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('This device').waitFor();
}

/** A notice or an end; the same words are also read out. */
export const told = (page, text) => page.locator('.latchkey-notice, .latchkey-ended', { hasText: text });

/** Waits for the words; what the page says in their place is in the failure. */
export async function hears(page, text, timeout = 30_000) {
  await told(page, text).first().waitFor({ timeout }).catch(async () => {
    throw new Error(`"${text}" is not there; the page says: ${await page.locator('body').innerText()}`);
  });
}

/** The moments of the requests for a path from now on; a context hears all its tabs. */
export function requests(context, method, path) {
  const times = [];
  context.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === method && pathname === `/api/auth${path}`) times.push(Date.now());
  });
  return times;
}

/** The refresh token that an answer puts into the browser. */
export async function successor(response) {
  const [, token] = /^latchkey_refresh=([^;]*)/m.exec(await response.headerValue('set-cookie')) ?? [];
  return token;
}

/** The answers to the requests for a path from now on. */
export function answers(context, method, path) {
  const all = [];
  context.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.request().method() === method && pathname === `/api/auth${path}`) all.push(response);
  });
  return all;
}

/** The answer to the next request for a path. */
export const answerTo = (page, method, path) =>
  page.waitForResponse((response) => {
    const { pathname } = new URL(response.url());
    return response.request().method() === method && pathname === `/api/auth${path}`;
  });
