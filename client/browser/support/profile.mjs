// A Chromium with a profile on the disk, which can be killed as a crash or a power cut does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { chromiumOptions } from './local-server.mjs';

/** Browsers that run, and folders, for when the tests of a file have ended, also if they failed. */
const running = new Set();
const folders = [];
after(async () => {
  await Promise.all([...running].map((kill) => kill()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A folder for a profile, which is deleted at the end. */
export function newProfile() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-profile-'));
  folders.push(folder);
  return { folder };
}

/**
 * Starts a browser with the profile. It is a process group of its own, so that all its processes can be killed at once.
 * `more` has further arguments, and `home` is its home directory.
 */
export async function launchProfile({ folder, more = [], home = process.env.HOME }) {
  const { executablePath, args } = chromiumOptions;
  const own = [
    '--headless=new', '--password-store=basic', '--remote-debugging-port=0', `--user-data-dir=${folder}`,
    // After a crash the browser offers to restore its tabs.
    '--hide-crash-restore-bubble', '--no-default-browser-check', ...more, 'about:blank',
  ];
  const child = spawn(executablePath, [...args, ...own], { detached: true, env: { ...process.env, HOME: home }, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const killGroup = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  const ended = async () => {
    await exited;
    running.delete(kill);
    process.removeListener('exit', killGroup);
  };
  const kill = async () => {
    killGroup();
    await ended();
  };
  running.add(kill);
  process.once('exit', killGroup);
  const endpoint = await new Promise((resolve, reject) => {
    createInterface(child.stderr).on('line', (line) => {
      const [, found] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error('Chromium stopped before it listened')));
  });
  const browser = await chromium.connectOverCDP(endpoint);
  const [context] = browser.contexts();
  return {
    context,
    /** Ends every process at once. Chromium writes cookies to the disk every 30 s, so newer ones are lost. */
    kill,
    /** Ends the browser as its user does: cookies are written. */
    async quit() {
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.close').catch(() => undefined);
      await ended();
    },
  };
}
