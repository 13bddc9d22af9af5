// Can everybody use the page as it is now? By axe in light and dark, and on the narrowest screen.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const axe = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
const shots = process.env.LATCHKEY_SHOTS ?? mkdtempSync(join(tmpdir(), 'latchkey-shots-'));

/** Fails with what is wrong; leaves pictures named `name`. */
export async function sound(page, name) {
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await findings(page), [], `${name}, ${colorScheme}`);
  }
  await page.setViewportSize({ width: 320, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${name} is ${wide} px wide`);
  await page.screenshot({ path: join(shots, `${name}-narrow.png`), fullPage: true });
  await page.setViewportSize({ width: 1000, height: 800 });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** Axe's findings, in words. */
async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}
