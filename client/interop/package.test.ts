/** Is the package right for Node, TypeScript and bundlers? */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { client, createApp, type App } from './support/packed.js';

let app: App;

beforeAll(() => {
  app = createApp();
});

afterAll(() => app?.remove());

test('publint has no finding', async () => {
  const archive = readFileSync(app.archive);
  const tarball = archive.buffer.slice(archive.byteOffset, archive.byteOffset + archive.byteLength) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball }, level: 'suggestion', strict: true });
  expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
});

/**
 * The package is ESM only. CommonJS files of Node 20.19 and later can require it; only TypeScript's `node10` and the
 * CommonJS files of its `node16` do not accept that. Types for them would promise support that nothing tests.
 */
const DECIDED = [
  { kind: 'CJSResolvesToESM', resolution: 'node16-cjs' },
  { kind: 'NoResolution', resolution: 'node10' },
];

test('attw finds only what has no CommonJS build', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(readFileSync(app.archive)), { excludeEntrypoints: ['./styles.css', './console.css', './package.json'] });
  if (!analysis.types) expect.fail('the package has no types');
  expect(Object.keys(analysis.entrypoints).sort()).toEqual(['.', './console', './core', './server', './server/express', './texts/*.json', './vue']);
  const found = analysis.problems.map((problem) => ({ kind: problem.kind, resolution: 'resolutionKind' in problem ? problem.resolutionKind : problem.kind }));
  const undecided = found.filter(({ kind, resolution }) => !DECIDED.some((each) => each.kind === kind && each.resolution === resolution));
  expect(undecided).toEqual([]);
});

describe('Node', () => {
  const run = (name: string, code: string): string => execFileSync(process.execPath, ['--no-warnings', app.write(name, code)], { encoding: 'utf8' });

  test('imports every entry, and requires it from CommonJS', () => {
    expect(run('esm.mjs', "import { createLatchkey } from '@latchkey/react/core'; import * as s from '@latchkey/react/server'; import '@latchkey/react/server/express'; console.log(typeof createLatchkey, typeof s.renewSession)")).toBe('function function\n');
    expect(run('cjs.cjs', "const s = require('@latchkey/react/server'); console.log(typeof s.createTokenValidationMiddleware, typeof require('@latchkey/react').SessionMonitoring)")).toBe('function function\n');
  });
});

describe('TypeScript', () => {
  interface Options {
    readonly [name: string]: unknown;
  }

  /** The errors of a strict program with one file. */
  function errorsOf(name: string, code: string, options: Options): string {
    const compilerOptions = { strict: true, noEmit: true, target: 'es2022', skipLibCheck: false, typeRoots: [join(client, 'node_modules/@types')], ...options };
    app.write(name, code);
    const config = app.write(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions, files: [name] }));
    return spawnSync(process.execPath, [join(client, 'node_modules/typescript/bin/tsc'), '-p', config], { encoding: 'utf8' }).stdout;
  }

  const nodeNext = { module: 'nodenext', lib: ['es2022'], types: ['node'] };
  const bundler = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom', 'dom.iterable'], types: [], jsx: 'react-jsx', noUncheckedSideEffectImports: true };

  test('compiles the core and the server without the types of a browser', () => {
    const core = "import { createLatchkey, fetchOf, headerMode, sessionsOf } from '@latchkey/react/core';\nconst latchkey = createLatchkey({ baseUrl: 'https://a.example/api/auth', mode: headerMode() });\nvoid fetchOf(latchkey)('https://a.example/x');\nvoid sessionsOf(latchkey).list();\n";
    expect(errorsOf('core.ts', core, nodeNext)).toBe('');
    const server = "import { createTokenValidationMiddleware, renewSession } from '@latchkey/react/server';\nconst options = { issuer: 'https://a.example/api/auth', audience: 'a' };\nexport const guard = createTokenValidationMiddleware(options);\nexport const session = (request: Request) => renewSession(request, options);\n";
    expect(errorsOf('server.ts', server, nodeNext)).toBe('');
  });

  test('compiles the components and the import of the styles', () => {
    const code = "import { SessionMonitoring } from '@latchkey/react';\nimport '@latchkey/react/styles.css';\nexport const page = <SessionMonitoring />;\n";
    // Types of React need skipLibCheck with the types of the browser.
    expect(errorsOf('page.tsx', code, { ...bundler, skipLibCheck: true })).toBe('');
  });

  test('compiles request.auth of Express', () => {
    const code = "import { createTokenValidationMiddleware } from '@latchkey/react/server';\nimport '@latchkey/react/server/express';\nimport express from 'express';\nconst app = express();\napp.use(createTokenValidationMiddleware({ issuer: 'https://a.example', audience: 'a' }));\napp.get('/', (request, response) => void response.json({ of: request.auth.userId }));\n";
    expect(errorsOf('express.ts', code, { ...nodeNext, lib: ['es2022', 'dom'], esModuleInterop: true, skipLibCheck: true })).toBe('');
  });

  test('compiles the guard of Fastify, Hono and Koa', () => {
    const code = "import { authOf, createTokenValidationMiddleware, type WithAuth } from '@latchkey/react/server';\nimport Fastify from 'fastify';\nimport { Hono } from 'hono';\nimport Koa from 'koa';\nconst guard = createTokenValidationMiddleware({ issuer: 'https://a.example', audience: 'a' });\nconst fastify = Fastify();\nfastify.addHook('onRequest', guard.fastify);\nfastify.get('/', { preHandler: guard.fastify }, (request) => authOf(request).userId);\nconst hono = new Hono<{ Variables: WithAuth }>();\nhono.use('*', guard.hono);\nhono.get('/', (context) => context.json({ of: context.get('auth').userId }));\nconst koa = new Koa<WithAuth>();\nkoa.use(guard.koa);\nkoa.use((context) => void (context.body = context.state.auth.userId));\n";
    expect(errorsOf('others.ts', code, { ...nodeNext, lib: ['es2022', 'dom'], esModuleInterop: true, skipLibCheck: true })).toBe('');
  });

  test('notices a name that the package does not have', () => {
    expect(errorsOf('wrong.ts', "import { createGuards } from '@latchkey/react/server';\ncreateGuards();\n", nodeNext)).toContain('createGuards');
  });
});
