/** An example as a user installs it: its files, this package as it is published, and its other dependencies. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('../../..', import.meta.url));
export const examples = join(client, '../examples');

/** The names of all examples. */
export function exampleNames(): readonly string[] {
  return readdirSync(examples, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

export interface Package {
  /** Where the package was built: the folder `dist`. */
  readonly dist: string;
  /** Copies an example, installs its dependencies, and returns its folder. */
  install(name: string): string;
  remove(): void;
}

/** Builds the package outside the repository, so that no older build is tested. */
export function buildPackage(): Package {
  const root = mkdtempSync(join(tmpdir(), 'latchkey-examples-'));
  const own = join(root, '@latchkey/react');
  execFileSync(process.execPath, [join(client, 'node_modules/typescript/bin/tsc'), '-p', join(client, 'tsconfig.build.json'), '--outDir', join(own, 'dist')]);
  cpSync(join(client, 'package.json'), join(own, 'package.json'));
  return {
    dist: join(own, 'dist'),
    install(name) {
      const folder = join(root, name);
      cpSync(join(examples, name), folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
      const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
      const modules = join(folder, 'node_modules');
      cpSync(own, join(modules, '@latchkey/react'), { recursive: true });
      for (const dependency of ['jose', ...Object.keys(dependencies).filter((each) => each !== '@latchkey/react')]) {
        mkdirSync(dirname(join(modules, dependency)), { recursive: true });
        symlinkSync(join(client, 'node_modules', dependency), join(modules, dependency));
      }
      return folder;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
