import { describe, expect, test } from 'vitest';
import { fetchOf } from '../../src/core/index.js';
import { FakeServer, problem } from './support/fake-server.js';
import { hide, openTab, advance, setUpTabs } from './support/tabs.js';

setUpTabs();

describe('a 401 response to a call', () => {
  const orders = 'https://app.example.com/api/orders';

  test.each(['token_missing', 'token_expired', 'invalid_token'])('%s causes one refresh, and the call is repeated once', async (code) => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail(`POST ${orders}`, () => problem(401, code), 9);
    expect((await fetchOf(client)('/api/orders', { method: 'POST', body: '{"n":1}' })).status).toBe(401);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    expect(server.requestsTo(`POST ${orders}`).map(({ body }) => body)).toEqual([{ n: 1 }, { n: 1 }]);
  });

  test("of the app's own API with WWW-Authenticate repeats a Request with its body", async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail(`POST ${orders}`, () => new Response('no', { status: 401, headers: { 'www-authenticate': 'Bearer realm="x", error="invalid_token"' } }));
    expect((await fetchOf(client)(new Request(orders, { method: 'POST', body: '{"n":2}' }))).status).toBe(200);
    expect(server.requestsTo(`POST ${orders}`).map(({ body }) => body)).toEqual([{ n: 2 }, { n: 2 }]);
  });

  test.each([
    ['without WWW-Authenticate', () => new Response('no', { status: 401 })],
    ['with another error', () => new Response('no', { status: 401, headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' } })],
    ['that asks for a newer sign-in', () => problem(401, 'reauthentication_required', {}, { 'www-authenticate': 'Bearer error="invalid_token"' })],
    ['with a code of the API but no problem document', () => new Response('{"code":"token_expired"}', { status: 401, headers: { 'content-type': 'application/json' } })],
  ])('%s is left to the app', async (_, fault) => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail(`GET ${orders}`, fault);
    expect((await fetchOf(client)('/api/orders')).status).toBe(401);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
  });

  test('to a call with a stream as its body causes a refresh, but no repetition', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail(`POST ${orders}`, () => problem(401, 'token_expired'));
    const body = new Blob(['x']).stream();
    expect((await fetchOf(client)('/api/orders', { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(401);
    expect(server.requestsTo(`POST ${orders}`)).toHaveLength(1);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('that arrives after a refresh repeats the call without another refresh', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    let answer = (_: Response): void => {};
    server.fail(`GET ${orders}`, () => new Promise<Response>((resolve) => (answer = resolve)));
    const call = fetchOf(client)('/api/orders');
    await client.refresh();
    answer(problem(401, 'token_expired'));
    expect((await call).status).toBe(200);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('after a refresh before the call causes no second refresh', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await hide();
    await advance(4000);
    server.fail('POST /refresh', () => problem(500, 'internal'), 9);
    server.fail(`GET ${orders}`, () => problem(401, 'token_expired'), 9);
    expect((await fetchOf(client)('/api/orders')).status).toBe(401);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('for a token that was granted moments ago goes to the caller', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail(`GET ${orders}`, () => problem(401, 'invalid_token'), 99);
    for (let n = 0; n < 30; n++) expect((await fetchOf(client)('/api/orders')).status).toBe(401);
    // The first call refreshes, because a status names no time at which the token was granted.
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    await client.signIn('b');
    expect((await fetchOf(client)('/api/orders')).status).toBe(401);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('from a backend that refuses every token causes one refresh in all tabs, for as long as the token lasts', async () => {
    const server = new FakeServer().signedIn();
    const tabs = [await openTab(server), await openTab(server), await openTab(server)];
    server.fail(`GET ${orders}`, () => problem(401, 'invalid_token'), 999);
    for (let minute = 0; minute < 15; minute++) {
      for (const each of tabs) expect((await fetchOf(each)('/api/orders')).status).toBe(401);
      await advance(90);
    }
    // The other tabs try once each, a minute later.
    expect(server.requestsTo('POST /refresh').length).toBeLessThanOrEqual(3);
    expect((await fetchOf(tabs[0]!)('/api/other')).status).toBe(200);
  });

  test('of a token that is no longer new causes a refresh, as before', async () => {
    const server = new FakeServer();
    const client = await openTab(server);
    await client.signIn('b');
    await advance(61);
    server.fail(`GET ${orders}`, () => problem(401, 'token_expired'));
    expect((await fetchOf(client)('/api/orders')).status).toBe(200);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('of another origin causes no refresh', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('GET https://evil.example/x', () => problem(401, 'token_expired'), 2);
    expect((await fetchOf(client)('https://evil.example/x')).status).toBe(401);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
  });

  test('after a failed refresh the caller gets the 401, with a readable body', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /refresh', () => problem(503, 'store_unavailable'));
    server.fail(`GET ${orders}`, () => problem(401, 'token_expired'));
    const response = await fetchOf(client)('/api/orders');
    expect(await response.json()).toMatchObject({ code: 'token_expired' });
    expect(server.requestsTo(`GET ${orders}`)).toHaveLength(1);
  });

  test('with session_ended on the repeated call ends the session', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const answers = [problem(401, 'token_expired'), problem(401, 'session_ended', { reason: 'admin' })];
    server.fail(`GET ${orders}`, () => answers.shift() ?? new Response(), 2);
    await fetchOf(client)('/api/orders');
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'admin' });
  });
});
