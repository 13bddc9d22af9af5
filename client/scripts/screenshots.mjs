// Takes the screenshots of the documentation, docs/images/*.png, of the demo page with the real server, and of the gallery.
//
//   cargo build -p latchkey-local && npm run demo && npm run screenshots
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { chromiumOptions, startLocalServer } from '../browser/support/local-server.mjs';
import { startGallery } from '../browser/support/gallery.mjs';
import { newUser, notice, signIn } from '../browser/support/user.mjs';

const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36';
const linux = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

const server = await startLocalServer();
const browser = await chromium.launch(chromiumOptions);

const at = { windows: '198.51.100.7', linux: '203.0.113.9', phone: '198.51.100.20' };
const from = (agent, ip) => ({ 'user-agent': agent, 'x-dev-source-ip': ip });
const end = ({ refresh_token }) => server.post('/api/auth/revoke', { strategy: 'current', refresh_token }, from(windows, at.windows));
const refresh = ({ refresh_token }, headers) => server.post('/api/auth/refresh', { refresh_token }, headers);
let ahead = 0;
const later = async (seconds) => {
  ahead += seconds * 1_000;
  await server.post('/dev/clock', { advance_seconds: seconds });
};

// Two weeks by the server's clock: Alice has a phone and signs in on her computer now and then.
let mobile = await server.login('alice', from(phone, at.phone));
let desktop = await server.login('alice', from(windows, at.windows));
for (const days of [1, 3, 2, 1, 4]) {
  const session = await server.login('alice', from(windows, at.windows));
  await later(days * 86_400);
  await end(session);
  mobile = await refresh(mobile, from(phone, at.phone));
  desktop = await refresh(desktop, from(windows, at.windows));
}
await later(780);

/** Opens a browser whose clock shows the server's time. */
async function openAs(userAgent, ip, options = {}) {
  const extraHTTPHeaders = { 'x-dev-source-ip': ip };
  const where = { userAgent, extraHTTPHeaders, locale: 'en-GB', timezoneId: 'Europe/Berlin' };
  const { context, open } = await newUser({ ...server, browser }, { ...where, ...options });
  await context.addInitScript((ahead) => {
    const { now } = Date;
    globalThis.Date = class extends Date {
      constructor(...parts) {
        super(...(parts.length === 0 ? [now() + ahead] : parts));
      }
      static now = () => now() + ahead;
    };
  }, ahead);
  const page = await open();
  await signIn(page, 'alice');
  return page;
}

/** Takes a picture of the dashboard down to its first events. */
async function picture(page, name, events) {
  await page.locator('.latchkey-events li').nth(events - 1).waitFor();
  const { x, y, width } = await page.locator('.latchkey').boundingBox();
  const last = await page.locator('.latchkey-events li').nth(events - 1).boundingBox();
  const clip = { x, y, width, height: last.y + last.height + 8 - y };
  await page.screenshot({ path: images + name, clip, fullPage: true });
}

const mine = await openAs(windows, at.windows, { viewport: { width: 860, height: 900 } });
await end(desktop);
const other = await openAs(linux, at.linux, { viewport: { width: 440, height: 700 } });
const card = mine.locator('.latchkey-card', { hasText: 'on Linux' });
await card.waitFor({ timeout: 15_000 });
await mine.locator('.latchkey-events li').first().getByText('New device').waitFor();
await picture(mine, 'dashboard.png', 5);

await mine.emulateMedia({ colorScheme: 'dark' });
await mine.setViewportSize({ width: 390, height: 900 });
await picture(mine, 'dashboard-dark-narrow.png', 3);

// Two browsers side by side, before and after one signs the other out.
await mine.emulateMedia({ colorScheme: 'light' });
await mine.setViewportSize({ width: 560, height: 900 });
await card.getByRole('button', { name: "It wasn't me" }).click();
const before = [await mine.locator('.latchkey-cards').screenshot(), await other.locator('.latchkey-cards').screenshot()];
await card.getByRole('button', { name: 'Sign out', exact: true }).click();
await notice(other, 'You were signed out from another device.').waitFor({ timeout: 15_000 });
const after = [await mine.locator('.latchkey-cards').screenshot(), await other.locator('.latchkey').screenshot()];

const shown = (png) => `<img src="data:image/png;base64,${png.toString('base64')}" alt="">`;
const story = await (await browser.newContext({ viewport: { width: 1000, height: 700 } })).newPage();
await story.setContent(`
  <style>
    body { margin: 0; font: 15px/1.4 system-ui, sans-serif; color: #1c1e21; }
    div { display: inline-grid; grid-template-columns: auto auto; align-items: start; gap: 8px 16px; padding: 12px; background: #eef0f3; }
    figure { margin: 0; padding: 12px; background: #fff; border: 1px solid #d5d9e0; border-radius: 10px; }
    p { margin: 4px 0 0; font-weight: 600; }
    img { display: block; }
  </style>
  <div>
    <p>Chrome on Windows: it wasn't me.</p><p>Firefox on Linux</p>
    <figure>${shown(before[0])}</figure><figure>${shown(before[1])}</figure>
    <p>Seconds later</p><p></p>
    <figure>${shown(after[0])}</figure><figure>${shown(after[1])}</figure>
  </div>`);
await story.locator('div').screenshot({ path: `${images}second-browser.png` });

// The theft of the README, in three clicks.
const viewport = { width: 1260, height: 980 };
const owner = await newUser({ ...server, browser }, { userAgent: windows, locale: 'en-GB', timezoneId: 'Europe/Berlin', viewport });
await server.post('/dev/clock', { advance_seconds: -ahead / 1_000 });
const theft = await owner.open();
await signIn(theft, 'bob');
await theft.getByRole('button', { name: 'Open a second browser' }).click();
await theft.getByRole('button', { name: 'Steal a token' }).click();
await theft.locator('.own .latchkey-advice').getByText('its sign-in was used in two places').waitFor();
await theft.locator('.own .latchkey-events').getByText('Sign-in used in two places').waitFor();
await theft.screenshot({ path: `${images}stolen-token.png` });

// The security console with the sample data of the gallery, because a new server has counted no hours yet.
const gallery = await startGallery();
const admin = await (await browser.newContext({ timezoneId: 'Europe/Berlin', viewport: { width: 920, height: 900 } })).newPage();
await admin.goto(`${gallery.url}?state=console-overview&theme=light`);
await admin.locator('.latchkey-events li').first().waitFor();
await admin.locator('.latchkey-console').screenshot({ path: `${images}console.png` });
gallery.stop();

await browser.close();
server.stop();
