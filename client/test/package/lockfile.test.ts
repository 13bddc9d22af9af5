import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, Locked>;
};
const interop = readFileSync(new URL('../../interop/package-lock.json', import.meta.url), 'utf8');
const python = readFileSync(new URL('../../interop/python/requirements.txt', import.meta.url), 'utf8');
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
const named = (is: (one: Locked) => boolean) => packages.filter(([, one]) => is(one)).map(([path]) => path);

describe('the lock file', () => {
  test('pins contents, not places', () => {
    expect(packages.length).toBeGreaterThan(100);
    expect(named((one) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(one.integrity ?? ''))).toEqual([]);
    expect(named((one) => one.resolved !== undefined || one.link === true)).toEqual([]);
  });

  test('of the interop suites pins contents, not places, too', () => {
    expect(interop).toContain('"integrity": "sha512-');
    expect(interop).not.toContain('"resolved"');
  });

  test('of the Python suites has exact versions only', () => {
    const lines = python.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toContainEqual(expect.stringMatching(/^Authlib==/));
    expect(lines.filter((line) => !/^[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*$/.test(line))).toEqual([]);
  });

  test('has no install scripts', () => {
    expect(named((one) => one.hasInstallScript === true)).toEqual([]);
  });

  test('installs only jose for users of the package', () => {
    expect(named((one) => one.dev !== true && one.devOptional !== true)).toEqual(['node_modules/jose']);
  });
});
