// The browsers of this machine: Chromium, Firefox and WebKit. `scripts/browser` finds them.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { launchChromium } from './drivers/chromium.mjs';
import { launchFirefox } from './drivers/firefox.mjs';
import { launchWebkit } from './drivers/webkit.mjs';

const LAUNCH = { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebkit };
const script = fileURLToPath(new URL('../../../scripts/browser', import.meta.url));

/** `{ launch }`, or `{ missing }` with the reason. Continuous integration has all of them. */
export function findBrowser(name) {
  try {
    const path = execFileSync(script, [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
    return { launch: () => LAUNCH[name](path) };
  } catch (error) {
    if (process.env.CI) throw error;
    return { missing: error.stderr.trim() };
  }
}
