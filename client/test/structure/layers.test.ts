import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findCircles, findUpwardImports, importsOf, readImports, type ImportGraph } from './support/imports.js';

/** The layers of client/src, the lowest first. A file imports only from its own layer and from lower ones. */
const LAYERS = [
  'api.ts',
  'core/refresh-keys',
  'core/token-store.ts',
  'core/types.ts',
  'core/api-responses.ts',
  'core/errors.ts',
  'core/util',
  'core/transport',
  'core/tabs',
  'core/session',
  'core/binding',
  'core/runtime',
  'core/fetch',
  'core/refresh',
  'core/sign-in',
  'core/polling',
  'core/sessions',
  'core/fleet',
  'core/stores',
  'core/sync',
  'core/client.ts',
  'core/index.ts',
  'vue',
  'server',
  'react/i18n',
  'react/store',
  'react/provider',
  'react/hooks',
  'react/dashboard',
  'index.ts',
  'react/console',
  'console.ts',
];

const graph = readImports(fileURLToPath(new URL('../../src', import.meta.url)));

describe('the imports of client/src', () => {
  test('are read for all files', () => {
    expect(graph.size).toBeGreaterThan(80);
    expect(graph.get('core/client.ts')).toContain('core/refresh/refresh.ts');
    expect(graph.get('index.ts')).toContain('core/index.ts');
  });

  test('form no circle, types included', () => {
    expect(findCircles(graph)).toEqual([]);
  });

  test('lead only to the same layer or a lower one', () => {
    expect(findUpwardImports(graph, LAYERS)).toEqual([]);
  });

  test('keep the server guard apart from core and react', () => {
    const server = [...graph].filter(([file]) => file.startsWith('server/')).flatMap(([, imports]) => imports);
    expect(server.filter((file) => !file.startsWith('server/') && file !== 'api.ts')).toEqual([]);
  });
});

describe('the checker', () => {
  const made = (...imports: readonly (readonly [string, readonly string[]])[]): ImportGraph => new Map(imports);

  test('names a circle of three files once', () => {
    const circle = made(['a.ts', ['b.ts', 'd.ts']], ['b.ts', ['c.ts', 'd.ts']], ['c.ts', ['a.ts']], ['d.ts', []]);
    expect(findCircles(circle)).toEqual(['a.ts -> b.ts -> c.ts -> a.ts']);
  });

  test('names a file that imports itself', () => {
    expect(findCircles(made(['a.ts', ['a.ts']]))).toEqual(['a.ts -> a.ts']);
  });

  test('finds no circle where two paths lead to the same file', () => {
    expect(findCircles(made(['a.ts', ['b.ts', 'c.ts']], ['b.ts', ['d.ts']], ['c.ts', ['d.ts']], ['d.ts', []]))).toEqual([]);
  });

  test('names an import of a higher layer, and none within a layer', () => {
    const upward = made(['low/a.ts', ['low/b.ts', 'high/c.ts']], ['low/b.ts', []], ['high/c.ts', ['low/a.ts']]);
    expect(findUpwardImports(upward, ['low', 'high'])).toEqual(['low/a.ts (low) imports high/c.ts (high), a higher layer']);
  });

  test('refuses a file without a layer', () => {
    expect(() => findUpwardImports(made(['new/a.ts', ['low/b.ts']], ['low/b.ts', []]), ['low'])).toThrow('new/a.ts belongs to no layer');
  });

  test('reads imports of types, of several lines, on demand, and re-exports', () => {
    const source = `
import type { A } from './a.js';
import {
  b,
} from '../b.js';
export * from './c/index.js';
const d = await import('./d.js');
import { external } from 'react';
import './e.js';
`;
    const paths = ['x/a.ts', 'b.tsx', 'x/c/index.ts', 'x/d.ts', 'x/e.ts'];
    expect(importsOf('x/file.ts', source, paths)).toEqual(['x/a.ts', 'b.tsx', 'x/c/index.ts', 'x/d.ts', 'x/e.ts']);
  });
});
