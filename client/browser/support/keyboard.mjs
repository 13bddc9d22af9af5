// Steps of a user who has a keyboard only. Every stop of the focus must have a visible ring.
import assert from 'node:assert/strict';

/** The focused element's tag and name, and whether it has a focus ring. */
export const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    return { tag: element.localName, name: name.trim(), ring: getComputedStyle(element).outlineStyle !== 'none' };
  });

/** Waits until the element with this name has the focus. */
export async function expectFocus(page, name) {
  const found = page.waitForFunction((name) => {
    const { activeElement: element } = document;
    const text = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    return element !== document.body && text.trim().startsWith(name);
  }, name, { timeout: 10_000 });
  await found.catch(async () => assert.fail(`the focus is not on "${name}" but on ${JSON.stringify(await focused(page))}`));
}

/** Presses the key until the element has the focus. Every stop on the way must have a focus ring. */
export async function walk(page, name, key = 'Tab') {
  const seen = [];
  for (let n = 0; n < 20; n++) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    seen.push(stop.name);
    if (stop.tag === 'body') continue;
    assert.ok(stop.ring, `${stop.tag} "${stop.name}" has the focus and no ring`);
    if (stop.name.startsWith(name)) return;
  }
  assert.fail(`${key} does not lead to "${name}": ${seen.join(', ')}`);
}

/** Presses Tab so often that the focus has been twice at each stop of the open dialog, and fails if it leaves the dialog. */
export async function expectTabStaysInDialog(page) {
  const stops = [];
  const count = await page.evaluate(() => document.querySelectorAll('dialog :is(input, select, button)').length);
  // One stop of each round is the browser's own toolbar, for which the document has no focused element.
  for (let n = 0; n < 2 * (count + 1); n++) {
    await page.keyboard.press('Tab');
    stops.push(await page.evaluate(() => {
      const { activeElement: element } = document;
      return element === document.body ? 'toolbar' : element.closest('dialog') === null ? `outside: ${element.textContent}` : 'inside';
    }));
  }
  assert.deepEqual(stops.filter((stop) => stop !== 'inside' && stop !== 'toolbar'), []);
  assert.ok(stops.filter((stop) => stop === 'inside').length >= 2 * count, stops.join());
}
