// Every state of the page in one browser, each in three frames: wide, narrow, and narrow in the dark theme. Axe runs in
// gallery.test.mjs, in Chromium. Each browser has a test file that calls `testGallery`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findBrowser } from './browsers.mjs';
import { startGallery, stateNames } from './gallery.mjs';
import { inPage, save, until } from './steps.mjs';

/** Collects the errors of each frame before its own scripts run. */
const COLLECT = "<script>window.errors = []; addEventListener('error', ({ message }) => errors.push(message));</script>";

/** Runs in the page: have all frames rendered the state, and got the height of their pages? */
function hasSettled(state) {
  const frames = [...document.querySelectorAll('iframe')];
  return (
    frames.length === 3 &&
    frames.every((frame) => {
      const section = frame.contentDocument.querySelector('section.latchkey');
      const isLoaded = section !== null && (state === 'loading' || section.getAttribute('aria-busy') === 'false');
      return isLoaded && Math.abs(frame.clientHeight - frame.contentDocument.getElementById('page').getBoundingClientRect().bottom) <= 1;
    })
  );
}

/** Runs in the page: opens all details, so that they are checked, too. */
function openDetails() {
  for (const { contentDocument } of document.querySelectorAll('iframe')) {
    for (const button of contentDocument.querySelectorAll('.latchkey-name button')) button.click();
    for (const details of contentDocument.querySelectorAll('details')) details.open = true;
  }
}

/** Runs in the page: what is wrong with the layout of a frame, as texts. */
function layoutFaults() {
  return [...document.querySelectorAll('iframe')].flatMap(({ title, contentWindow: frame }) => {
    const faults = [...frame.errors];
    const wide = frame.document.documentElement.scrollWidth;
    if (wide > frame.innerWidth) faults.push(`the page is ${wide} px wide`);
    for (const control of frame.document.querySelectorAll(':is(button, select, input, a, summary)')) {
      const name = (control.getAttribute('aria-label') ?? control.textContent).trim();
      const { left, top, right, bottom, width, height } = control.getBoundingClientRect();
      if (width < 24 || height < 24) faults.push(`"${name}" has ${width} x ${height} px`);
      if (left < 0 || right > frame.innerWidth + 0.5) faults.push(`"${name}" goes from ${left} to ${right} px`);
      const topmost = frame.document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      if (!control.contains(topmost)) faults.push(`"${name}" is covered by ${topmost?.outerHTML.slice(0, 80)}`);
    }
    return faults.map((fault) => `${title}: ${fault}`);
  });
}

export function testGallery(name) {
  const { launch, missing } = findBrowser(name);

  describe(`${name} shows every state without a fault`, { skip: missing }, () => {
    let gallery, browser, tab;
    before(async () => {
      gallery = await startGallery(COLLECT);
      browser = await launch();
      tab = await (await browser.newUser()).newTab();
      // High enough for a picture of a whole page, or else low, because painting costs time.
      await tab.resize(1_620, process.env.LATCHKEY_SHOTS === undefined ? 600 : 3_600);
    });
    after(async () => {
      await browser?.close();
      gallery?.stop();
    });

    for (const state of stateNames()) {
      test(state, { timeout: 60_000 }, async () => {
        await tab.visit(`${gallery.url}?state=${state}&sheet`);
        const settled = () => until(`the frames of ${state} did not settle`, () => inPage(tab, hasSettled, state));
        await settled();
        await save(tab, `${state}-${name}`);
        assert.deepEqual(await inPage(tab, layoutFaults), []);
        await inPage(tab, openDetails);
        await settled();
        assert.deepEqual(await inPage(tab, layoutFaults), [], 'with all details');
      });
    }
  });
}
