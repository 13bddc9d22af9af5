import { fileURLToPath } from 'node:url';
import { EdgeVM } from '@edge-runtime/vm';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeKeyHolder } from './support/dpop.js';
import { AUDIENCE, ISSUER, makeKey, mint } from './support/issuer.js';
import { LOCAL_AUDIENCE, startLocalServer, type LocalServer } from './support/local-server.js';

/** The server entry with its imports, as one script that assigns its exports to `latchkey`. */
async function bundle(): Promise<{ code: string; imports: string[] }> {
  const entry = fileURLToPath(new URL('../../src/server/index.ts', import.meta.url));
  const outputs = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'latchkey' } },
  });
  const [output] = [outputs].flat() as Rolldown.RolldownOutput[];
  const chunk = output?.output[0];
  if (!chunk) throw new Error('nothing was built');
  return { code: chunk.code, imports: chunk.imports };
}

let api: LocalServer;
let vm: EdgeVM;

beforeAll(async () => {
  api = await startLocalServer();
  vm = new EdgeVM();
  const { code, imports } = await bundle();
  expect(imports).toEqual([]);
  vm.evaluate(code);
  vm.evaluate(`
    const options = { issuer: ${JSON.stringify(api.issuer)}, audience: ${JSON.stringify(LOCAL_AUDIENCE)} };
    const guard = latchkey.createTokenValidationMiddleware({ ...options, strict: true });
    const route = guard.handler((request) => Response.json(request.auth));
    globalThis.ask = async (headers) => {
      const response = await route(new Request('https://app.example.com/', { headers }));
      return [response.status, await response.text()];
    };
    globalThis.rejectionOf = (token) => latchkey.verifyAccessToken(token, options).then(() => 'taken', (error) => error.reason);
  `);
}, 60_000);

afterAll(async () => {
  await api?.stop();
});

test('the edge runtime of the tests has no Node', () => {
  expect(vm.evaluate('[typeof process, typeof Buffer, typeof require, typeof EdgeRuntime].join()')).toBe(
    'undefined,undefined,undefined,string',
  );
});

test('a real token passes on the edge until its session ends', async () => {
  const ask = vm.evaluate<(headers: object) => Promise<[number, string]>>('ask');
  const { accessToken, sessionId } = await api.signIn('alice');
  const headers = { authorization: `Bearer ${accessToken}` };
  const [status, body] = await ask(headers);
  expect([status, JSON.parse(body)]).toEqual([200, { userId: 'alice', sessionId, scope: '' }]);
  await api.post('/api/auth/revoke', { strategy: 'current' }, accessToken);
  const [after, problem] = await ask(headers);
  expect([after, JSON.parse(problem)]).toMatchObject([401, { code: 'token_expired' }]);
  expect((await ask({}))[0]).toBe(401);
});

test('a token with one changed bit is refused on the edge', async () => {
  const rejectionOf = vm.evaluate<(token: string) => Promise<string>>('rejectionOf');
  const { accessToken } = await api.signIn('alice');
  const [header, payload, signature = ''] = accessToken.split('.');
  const other = signature.startsWith('A') ? 'B' : 'A';
  expect(await rejectionOf(accessToken)).toBe('taken');
  expect(await rejectionOf(`${header}.${payload}.${other}${signature.slice(1)}`)).toBe('signature');
});

test('a token that is bound to a key passes on the edge with its proof only', async () => {
  const key = await makeKey('ES256');
  const [owner, thief] = [await makeKeyHolder(), await makeKeyHolder()];
  const [origin, now] = ['https://orders.example.com', Math.floor(Date.now() / 1000)];
  const token = await mint(key, { cnf: { jkt: owner.thumbprint }, iat: now, exp: now + 60 });
  const options = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] }, publicUrls: [origin] };
  vm.evaluate(`
    const bound = latchkey.createTokenValidationMiddleware(${JSON.stringify(options)});
    globalThis.post = async (headers) => {
      const { response } = await bound.admit(new Request('http://10.0.0.7/orders', { method: 'POST', headers }));
      return response ? (await response.json()).code : 'passed';
    };
  `);
  const post = vm.evaluate<(headers: object) => Promise<string>>('post');
  const authorization = `DPoP ${token}`;
  const dpop = await owner.prove('POST', `${origin}/orders`, token);
  expect(await post({ authorization, dpop })).toBe('passed');
  expect(await post({ authorization, dpop })).toBe('invalid_dpop_proof');
  expect(await post({ authorization, dpop: await thief.prove('POST', `${origin}/orders`, token) })).toBe('invalid_dpop_proof');
  expect(await post({ authorization: `Bearer ${token}`, dpop })).toBe('device_proof_required');
});
