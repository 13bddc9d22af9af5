/** The package as a user installs it: packed by npm and unpacked into an app's `node_modules`. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const client = fileURLToPath(new URL('../..', import.meta.url));
const apps = join(client, '.apps');

export interface App {
  readonly folder: string;
  /** The archive that npm has packed. */
  readonly archive: string;
  write(name: string, text: string): string;
  remove(): void;
}

/**
 * An empty app below `client/`, so that it finds the frameworks in `client/node_modules`. `npm run build` must have run
 * before.
 */
export function createApp(files: Readonly<Record<string, string>> = {}): App {
  mkdirSync(apps, { recursive: true });
  const folder = mkdtempSync(join(apps, 'app-'));
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  execFileSync('npm', pack, { cwd: client, encoding: 'utf8' });
  const archive = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
  const own = join(folder, 'node_modules/@latchkey/react');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', own, '--strip-components', '1']);
  const app: App = {
    folder,
    archive,
    write(name, text) {
      const file = join(folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  app.write('package.json', '{"name":"app","private":true,"type":"module"}');
  for (const [name, text] of Object.entries(files)) app.write(name, text);
  return app;
}
