import { describe, expect, test, vi } from 'vitest';
import { fetchOf, sessionsOf } from '../../src/core/index.js';
import { FakeServer, html, json, noAnswer, noNetwork, problem } from './support/fake-server.js';
import { openTab, advance, setUpTabs, tab } from './support/tabs.js';

setUpTabs();

const faults = {
  'a 403': () => problem(403, 'csrf_rejected'),
  'a 409': () => problem(409, 'session_limit'),
  'a 429': () => problem(429, 'rate_limited', { retry_after: 30 }, { 'retry-after': '30' }),
  'a 500': () => problem(500, 'internal'),
  'a 503': () => problem(503, 'store_unavailable', { retry_after: 2 }),
  'a 502 of a proxy': () => html(502),
  "a captive portal's page": () => html(200),
  "a captive portal's 401": () => html(401),
  'JSON of another server': () => json(200, { ok: true }),
  'a 401 with JSON of another server': () => json(401, { message: 'Unauthorized' }),
  'a problem document of another server': () => new Response('{"title":"No"}', { status: 401, headers: { 'content-type': 'application/problem+json' } }),
  'a dead network': noNetwork,
  'a server that does not respond': noAnswer,
};

describe.each(Object.entries(faults))('%s', (_, fault) => {
  test('in response to a refresh ends nothing', async () => {
    const onSignedOut = vi.fn();
    const server = new FakeServer().signedIn();
    const client = await openTab(server, { onSignedOut });
    await sessionsOf(client).list();
    server.fail('POST /refresh', fault, 99);
    const outcome = client.refresh().catch((error: unknown) => error);
    await advance(12);
    expect(await outcome).toBeInstanceOf(Error);
    expect(client.getState()).toMatchObject({ status: 'signed-in', endedReason: null, error: { name: 'LatchkeyError' } });
    expect(client.getState().sessions).toHaveLength(1);
    expect(onSignedOut).not.toHaveBeenCalled();
    server.clearFaults();
    await advance(60);
    await client.refresh();
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null });
  });

  test('in response to a poll keeps the list and marks it stale', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    expect(client.getState()).toMatchObject({ stale: false, error: null });
    server.fail('GET /sessions', fault, 99);
    await advance(21);
    expect(client.getState()).toMatchObject({ status: 'signed-in', stale: true, error: { name: 'LatchkeyError' } });
    expect(client.getState().sessions).toHaveLength(1);
    server.clearFaults();
    await advance(60);
    expect(client.getState()).toMatchObject({ status: 'signed-in', stale: false, error: null, retryAt: null });
  });
});

describe('a session ends', () => {
  test.each(['token_missing', 'invalid_token', 'token_expired'])('on a 401 %s response to a refresh', async (code) => {
    const onSignedOut = vi.fn();
    const server = new FakeServer().signedIn();
    const client = await openTab(server, { onSignedOut });
    server.fail('POST /refresh', () => problem(401, code));
    await expect(client.refresh()).rejects.toMatchObject({ code, status: 401 });
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'expired', sessions: null, token: { state: 'ended', sessionId: null } });
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith('expired');
  });

  test.each(['expired', 'signed_out', 'evicted', 'security', 'admin'] as const)('on session_ended, with its reason %s', async (reason) => {
    const onSignedOut = vi.fn();
    const server = new FakeServer().signedIn();
    const client = await openTab(server, { onSignedOut });
    server.end('s-1', reason);
    await expect(sessionsOf(client).list()).rejects.toMatchObject({ code: 'session_ended' });
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: reason });
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith(reason);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
  });

  test('with an error in every tab if the server ended it, not after a sign-out', async () => {
    const server = new FakeServer().signedIn();
    const [here, there] = [await openTab(server), await openTab(server)];
    server.end('s-1', 'signed_out');
    await expect(sessionsOf(here).list()).rejects.toMatchObject({ code: 'session_ended' });
    await advance(1);
    for (const client of [here, there]) {
      expect(client.getState()).toMatchObject({ endedReason: 'signed_out', error: { code: 'session_ended' } });
    }
    const [own, other] = [await openTab(new FakeServer().signedIn(), { channel: 'another' }), await openTab(server, { channel: 'another' })];
    await own.signOut();
    await advance(1);
    expect(own.getState().error).toBeNull();
    other.dispose();
  });

  test("on session_ended from the app's own API", async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('GET https://app.example.com/api/orders', () => problem(401, 'session_ended', { reason: 'admin' }));
    expect((await fetchOf(client)('/api/orders')).status).toBe(401);
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'admin' });
  });

  test('but not on session_ended from another origin', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('GET https://evil.example/x', () => problem(401, 'session_ended', { reason: 'admin' }));
    expect((await fetchOf(client)('https://evil.example/x')).status).toBe(401);
    expect(client.getState().status).toBe('signed-in');
  });

  test('at load, if the status names no session', async () => {
    const client = await openTab(new FakeServer());
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: null, token: { state: 'none' } });
  });

  test('but not on a call before any sign-in', async () => {
    const onSignedOut = vi.fn();
    const client = tab(new FakeServer(), { onSignedOut });
    const listed = sessionsOf(client).list().catch((error: unknown) => error);
    await advance(0.05);
    expect(await listed).toMatchObject({ code: 'token_missing' });
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: null });
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test('at load, with the reason, if it ended while the page was closed', async () => {
    const server = new FakeServer().signedIn();
    server.end('s-1', 'security');
    const client = await openTab(server);
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'security', token: { state: 'ended' } });
  });
});
