// Names that an attacker has chosen are shown as text and break nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLocalServer } from './support/local-server.mjs';
import { newUser, signIn } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();
const OVERRIDE = '\u202E';
/** Encodes UTF-8 for a header, because `fetch` takes one Latin-1 character for each byte. */
const agent = (text) => ({ 'user-agent': Buffer.from(text, 'utf8').toString('latin1') });

/** Expects that no script ran, no element was created and no mark can reorder text. */
async function expectHarmless(page) {
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(await page.locator('.latchkey :is(script, img, svg[onload], a, iframe)').count(), 0);
  assert.ok(!(await page.locator('main').innerText()).includes(OVERRIDE));
}

test('stored user agents are shown as text and fit a narrow page', async () => {
  const yan = await newUser(server);
  const page = await yan.open();
  await signIn(page, 'yan');
  await server.login('yan', agent('<script>window.ran=1</script>'));
  await server.login('yan', agent(`${OVERRIDE}moc.elgoog/1.0`));
  await server.login('yan', agent(`${'W'.repeat(480)}/1.0`));
  await page.reload();
  const names = page.locator('.latchkey-name');
  await names.nth(3).waitFor();
  const shown = (await names.allInnerTexts()).join('\n');
  for (const name of ['<script>window.ran=1<', 'W'.repeat(24), 'moc.elgoog']) assert.ok(shown.includes(name), shown);
  await expectHarmless(page);
  await checkAccessibility(page, 'hostile-agents');
  await yan.context.close();
});

test('hostile names are text in cards, advice, events and questions', async () => {
  const zoe = await newUser(server);
  const page = await zoe.open();
  await signIn(page, 'zoe');
  const markup = '<img src=x onerror="window.ran=1">';
  const reversed = `${OVERRIDE}moc.elgoog`;
  const long = 'W'.repeat(500);
  const names = [markup, reversed, long];
  for (const name of names) await server.login('zoe', agent(`Firefox on ${name.length}`));
  // The real server's answers with hostile names, as if it had not parsed the user agents.
  await page.route(/\/api\/auth\/sessions(\/events)?(\?.*)?$/, async (route) => {
    const response = await route.fetch({ headers: { ...route.request().headers(), 'if-none-match': '' } });
    const body = await response.json();
    const others = (body.sessions ?? []).filter((session) => !session.is_current);
    others.forEach((session, n) => {
      const [device, location] = [names[n], { ...session.location, city: names[n] }];
      Object.assign(session, { device, browser: device, os: device, location });
    });
    (body.events ?? []).forEach((event, n) => Object.assign(event.details, { device: names[n % 3], from: names[n % 3], to: names[n % 3] }));
    (body.recommendations ?? []).forEach(({ detail }, n) => Object.assign(detail, { device: names[n % 3], to: names[n % 3] }));
    await route.fulfill({ response, json: body });
  });
  await page.reload();
  await page.locator('.latchkey-card').nth(3).waitFor();
  await page.locator('.latchkey-events li').nth(3).waitFor();
  // Opens the question of each button.
  const ask = page.getByRole('button', { name: /^It wasn't me: |^Sign out of (?!all other)/ });
  while (await ask.count() > 0) await ask.first().click();
  for (const name of await page.locator('.latchkey-name button').all()) await name.click();
  const text = await page.locator('main').innerText();
  for (const part of [markup, '[U+202E]moc.elgoog', long]) assert.ok(text.includes(part), part);
  await expectHarmless(page);
  await checkAccessibility(page, 'hostile-names');
  // A poll may be on its way.
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await zoe.context.close();
});
