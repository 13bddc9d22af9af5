// Checks the page's accessibility: axe in light and dark mode, and the width of a narrow screen.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const axe = readFileSync(fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
/** The directory for screenshots; without it none are taken. */
const shots = process.env.LATCHKEY_SHOTS;

/** Fails with the violations. `name` is the file name of the screenshots. */
export async function checkAccessibility(page, name) {
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await findings(page), [], `${name}, ${colorScheme}`);
  }
  await page.setViewportSize({ width: 320, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${name} is ${wide} px wide`);
  await shoot(page, `${name}-narrow`);
  await page.setViewportSize({ width: 1000, height: 800 });
  await shoot(page, name);
}

async function shoot(page, name) {
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** The violations that axe finds, as text. */
async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}
