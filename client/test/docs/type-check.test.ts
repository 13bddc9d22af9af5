/** Every TypeScript block of these pages compiles, in strict mode, against the package and the frameworks it names. */

import { fileURLToPath } from 'node:url';
import { posix } from 'node:path';
import ts from 'typescript';
import { beforeAll, expect, test } from 'vitest';
import { blocksOf } from './support/blocks.js';

const PAGES = ['README', 'docs/client', 'docs/hosts-and-cookies', 'docs/identity-providers', 'docs/laptop', 'docs/nextjs', 'docs/verifying'];

/** SDKs of identity providers and libraries of React Native: not installed here, so the blocks that use them are not compiled. */
const NOT_INSTALLED = /@supabase|@auth0|aws-amplify|@clerk|firebase|keycloak-js|google\.accounts|expo-secure-store/;

/** The pages make this client in an early block and use it in later ones. */
const DECLARED = "declare const latchkey: import('@latchkey/react').Latchkey;\ndeclare module '*.css';\n";

const client = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
/** A folder that exists in memory only. */
const root = `${client}/docs-in-memory`;
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  jsx: ts.JsxEmit.ReactJSX,
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  paths: {
    '@latchkey/react': [`${client}/src/index.ts`],
    '@latchkey/react/console': [`${client}/src/console.ts`],
    '@latchkey/react/core': [`${client}/src/core/index.ts`],
    '@latchkey/react/server': [`${client}/src/server/index.ts`],
    '@/*': [`${root}/docs/nextjs/*`],
  },
};

function errorsOf(files: ReadonlyMap<string, string>): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, readFile, getSourceFile, directoryExists } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.directoryExists = (name) => name.startsWith(root) || (directoryExists?.(name) ?? true);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
  };
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${posix.relative(root, file?.fileName ?? root)}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

const files = new Map([[`${root}/declared.d.ts`, DECLARED]]);
let errors: readonly string[] = [];

beforeAll(() => {
  for (const page of PAGES) {
    for (const { name, code } of blocksOf(`${page}.md`)) {
      // Without an import or export a file is no module, and its names would be those of all files.
      const isModule = /^(import|export)\b/m.test(code);
      if (!NOT_INSTALLED.test(code)) files.set(`${root}/${page}/${name}`, isModule ? code : `${code}\nexport {};\n`);
    }
  }
  const wrong = "import { createLatchkeys } from '@latchkey/react'\ncreateLatchkeys()\n";
  errors = errorsOf(new Map([...files, [`${root}/wrong/wrong.ts`, wrong]]));
}, 120_000);

test.each(PAGES)('the blocks of %s.md compile', (page) => {
  expect([...files.keys()].some((name) => name.startsWith(`${root}/${page}/`))).toBe(true);
  expect(errors.filter((error) => error.startsWith(`${page}/`))).toEqual([]);
});

test('the check notices a name that the package does not have', () => {
  expect(errors.filter((error) => error.startsWith('wrong/'))).toHaveLength(1);
});
