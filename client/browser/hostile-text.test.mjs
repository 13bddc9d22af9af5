// What does a session do whose names were written by somebody who means harm?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laptop } from './laptop.mjs';
import { person, signIn } from './person.mjs';
import { sound } from './sound.mjs';

const here = laptop();
const OVERRIDE = '\u202E';
/** A header is bytes: those of UTF-8, each as the letter that `fetch` takes for it. */
const agent = (text) => ({ 'user-agent': Buffer.from(text, 'utf8').toString('latin1') });

/** Nothing ran, nothing became an element, and no mark orders the text. */
async function isHarmless(page) {
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(await page.locator('.latchkey :is(script, img, svg[onload], a, iframe)').count(), 0);
  assert.ok(!(await page.locator('main').innerText()).includes(OVERRIDE));
}

test('agents that the server stored are text, and the narrowest page holds them', async () => {
  const yan = await person(here);
  const page = await yan.open();
  await signIn(page, 'yan');
  await here.login('yan', agent('<script>window.ran=1</script>'));
  await here.login('yan', agent(`${OVERRIDE}moc.elgoog/1.0`));
  await here.login('yan', agent(`${'W'.repeat(480)}/1.0`));
  await page.reload();
  const names = page.locator('.latchkey-name');
  await names.nth(3).waitFor();
  const shown = (await names.allInnerTexts()).sort();
  assert.deepEqual(shown, ['<script>window.ran=1<', 'This device', 'W'.repeat(24), 'moc.elgoog']);
  await isHarmless(page);
  await sound(page, 'hostile-agents');
  await yan.context.close();
});

test('names that no server should give are text, too, in rows, advice, trail and questions', async () => {
  const zoe = await person(here);
  const page = await zoe.open();
  await signIn(page, 'zoe');
  const markup = '<img src=x onerror="window.ran=1">';
  const reversed = `${OVERRIDE}moc.elgoog`;
  const long = 'W'.repeat(500);
  const names = [markup, reversed, long];
  for (const name of names) await here.login('zoe', agent(`Firefox on ${name.length}`));
  // The server's own answers, as if its rows came from one that did not look at agents.
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
  await page.locator('.latchkey-row').nth(3).waitFor();
  await page.locator('.latchkey-events li').nth(3).waitFor();
  // Each is a question once it is clicked.
  const ask = page.getByRole('button', { name: /^Sign it out: |^Sign out (?!all|everywhere|here)/ });
  while (await ask.count() > 0) await ask.first().click();
  const text = await page.locator('main').innerText();
  for (const part of [markup, '[U+202E]moc.elgoog', long]) assert.ok(text.includes(part), part);
  await isHarmless(page);
  await sound(page, 'hostile-names');
  await zoe.context.close();
});
