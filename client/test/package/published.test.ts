import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const client = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(client, path), 'utf8');

describe('the published package', () => {
  test('contains the README, both licences, styles and texts, and no tests', { timeout: 60_000 }, () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: client, encoding: 'utf8' });
    const [{ files = [] } = {}] = JSON.parse(output) as { files: { path: string }[] }[];
    const paths = files.map(({ path }) => path).filter((path) => !path.startsWith('dist/'));
    expect(paths.sort()).toEqual(['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'package.json', 'styles/console.css', 'styles/styles.css', 'styles/styles.css.d.ts', 'texts/console/de.json', 'texts/console/en.json', 'texts/de.json', 'texts/en.json']);
  });

  test.each(['LICENSE-APACHE', 'LICENSE-MIT'])('has the same %s as the repository', (name) => {
    expect(read(name)).toBe(read(`../${name}`));
  });
});

test('the entry of React has every name of the core', async () => {
  const [all, core] = [await import('../../src/index.js'), await import('../../src/core/index.js')];
  expect(Object.keys(core).filter((name) => !(name in all))).toEqual([]);
});

test('the code of the README has correct types', { timeout: 120_000 }, () => {
  const blocks = [...read('README.md').matchAll(/^```(tsx?)\n(.*?)^```$/gms)];
  expect(blocks).toHaveLength(3);
  const sources = new Map(blocks.map(([, extension, code = ''], n) => [join(client, 'test', `readme-${n}.${extension}`), code]));
  const config = ts.readConfigFile(join(client, 'test/tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, join(client, 'test'));
  options.paths = { '@latchkey/react': ['../src/index.ts'], '@latchkey/react/core': ['../src/core/index.ts'], '@latchkey/react/server': ['../src/server/index.ts'] };
  options.noUncheckedSideEffectImports = false;
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const source = sources.get(path);
    return source === undefined ? getSourceFile(path, version, ...rest) : ts.createSourceFile(path, source, version);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const errors = [...sources.keys()].flatMap((path) => program.getSemanticDiagnostics(program.getSourceFile(path)));
  expect(errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});
