// The pages of the security console on the real server: export, address, rights, and a server out of reach.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkAccessibility } from './support/accessibility.mjs';
import { openConsole, signInAsAdministrator } from './support/console.mjs';
import { useLocalServer } from './support/local-server.mjs';

const server = useLocalServer();
const button = (page, name) => page.getByRole('button', { name, exact: true });

test('the filtered events are saved as CSV and as NDJSON', async (t) => {
  for (const name of ['vera', '=cmd|calc', 'vera']) await server.login(name);
  const page = await openConsole(t, server, '#page=events&userId=vera&type=login');
  await signInAsAdministrator(page);
  await page.locator('.latchkey-events li').nth(1).waitFor();
  const save = async (name) => {
    const download = page.waitForEvent('download');
    await button(page, name).click();
    const file = await download;
    return [file.suggestedFilename(), readFileSync(await file.path(), 'utf8')];
  };
  const [csvName, csv] = await save('Export as CSV');
  assert.match(csvName, /^latchkey-events-\d{4}-\d\d-\d\d\.csv$/);
  const [header, ...rows] = csv.trim().split('\n');
  assert.match(header, /^event_id,created_at,event_type,severity,user_id/);
  assert.equal(rows.length, 2, csv);
  assert.ok(rows.every((row) => row.includes('login') && row.includes('vera')), csv);
  const [, lines] = await save('Export as NDJSON');
  assert.deepEqual(lines.trim().split('\n').map((line) => JSON.parse(line).user_id), ['vera', 'vera']);
  await page.locator('.latchkey-muted', { hasText: '2 events exported.' }).waitFor();

  // Without the filter the file has the user whose name a spreadsheet would take for a formula.
  await button(page, 'Reset filters').click();
  await page.locator('.latchkey-events li', { hasText: '=cmd|calc' }).first().waitFor();
  const [, all] = await save('Export as CSV');
  const cells = all.trim().split('\n').slice(1).map((row) => row.split(',')[4].replaceAll('"', ''));
  assert.deepEqual(cells.filter((cell) => cell.includes('cmd')), ["'=cmd|calc"]);
  assert.ok(cells.includes('vera'), all);
});

test('a user without the right sees one notice and no data', async (t) => {
  const page = await openConsole(t, server);
  const { assertion } = await server.post('/dev/assertion', { sub: 'wim' });
  await page.context().request.post(`${server.url}/api/auth/login`, { data: { assertion, delivery: 'cookie' } });
  await page.reload();
  await page.locator('.latchkey-notice', { hasText: /^This page is for administrators\./ }).waitFor();
  assert.equal(await page.locator('.latchkey-notice').count(), 1);
  assert.equal(await page.locator('.latchkey-console li').count(), 0);
  await checkAccessibility(page, 'console-7-forbidden');
});

test('the address names the page, and the buttons of the browser work', async (t) => {
  const page = await openConsole(t, server);
  await signInAsAdministrator(page);
  const heading = (name) => page.getByRole('heading', { name, exact: true }).waitFor();
  await heading('Overview');
  await button(page, 'Events').click();
  await heading('Events');
  await page.getByLabel('Severity').selectOption('critical');
  assert.match(page.url(), /#page=events&severity=critical&period=168$/);
  await page.reload();
  await heading('Events');
  assert.equal(await page.getByLabel('Severity').inputValue(), 'critical');
  await page.goBack();
  await page.goBack();
  await heading('Overview');
});

test('without the server the console keeps what it has, and recovers by itself', async (t) => {
  const page = await openConsole(t, server, '#page=events');
  await server.login('xena');
  await signInAsAdministrator(page);
  await page.locator('.latchkey-events li').first().waitFor();
  await page.context().setOffline(true);
  await page.locator('.latchkey-notice', { hasText: "You're offline." }).waitFor();
  assert.ok((await page.locator('.latchkey-events li').count()) > 0);
  await page.context().setOffline(false);
  await page.locator('.latchkey-notice').waitFor({ state: 'detached' });

  await server.post('/dev/fault', { kind: 'error_500', count: 500 });
  t.after(() => server.post('/dev/fault', { count: 0 }));
  await page.getByLabel('Severity').selectOption('medium');
  await page.locator('.latchkey-notice', { hasText: "Couldn't get data from the server." }).waitFor();
  await checkAccessibility(page, 'console-8-unreachable');
  await server.post('/dev/fault', { count: 0 });
  await page.locator('.latchkey-notice').waitFor({ state: 'detached', timeout: 45_000 });
});

test('the console is downloaded when it is opened, and a lost file is asked for again', async (t) => {
  const page = await openConsole(t, server);
  const requests = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await page.context().route('**/demo/console-page.js', (route) => route.abort());
  await page.getByRole('button', { name: 'Sign in as administrator' }).click();
  await page.locator('.latchkey-notice', { hasText: "This part of the page couldn't be loaded." }).waitFor();
  assert.ok(!requests.some((path) => path.startsWith('/api/auth/fleet')));
  await page.context().unroute('**/demo/console-page.js');
  await button(page, 'Try again').click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});
