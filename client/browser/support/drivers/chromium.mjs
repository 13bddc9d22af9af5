// Chromium, driven by Playwright.
import { chromium } from 'playwright-core';
import { chromiumOptions } from '../local-server.mjs';

export async function launchChromium(executablePath) {
  const browser = await chromium.launch({ ...chromiumOptions, executablePath });
  return { newUser: () => newUser(browser), close: () => browser.close() };
}

async function newUser(browser) {
  const context = await browser.newContext();
  const newTab = async () => tab(await context.newPage());
  const cookies = async () => (await context.cookies()).map(({ expires, ...cookie }) => ({ ...cookie, expiry: expires }));
  return { newTab, cookies, close: () => context.close() };
}

function tab(page) {
  return {
    visit: (url) => page.goto(url),
    reload: () => page.reload(),
    back: () => page.goBack({ waitUntil: 'commit' }),
    evaluate: (script) => page.evaluate(script),
    clickAt: (x, y) => page.mouse.click(x, y),
    type: (text) => page.keyboard.type(text),
    resize: (width, height) => page.setViewportSize({ width, height }),
    screenshot: () => page.screenshot(),
    close: () => page.close(),
  };
}
