import { describe, expect, test, vi } from 'vitest';
import { fetchOf, sessionsOf } from '../../src/core/index.js';
import { FakeServer, noAnswer, problem } from './support/fake-server.js';
import { hide, openTab, advance, setUpTabs, settle, show, tab } from './support/tabs.js';

setUpTabs();

describe('the single refresh of a tab', () => {
  test('serves ten callers', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const all = await Promise.all(Array.from({ length: 10 }, () => client.refresh()));
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    expect(all[9]).toMatchObject({ state: 'valid', expiresIn: 3600, sessionId: 's-1' });
  });

  test('serves ten calls with a 401, each of which is repeated once', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('GET https://app.example.com/api/orders', () => problem(401, 'token_expired'), 10);
    const all = await Promise.all(Array.from({ length: 10 }, () => fetchOf(client)('/api/orders')));
    expect(all.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    expect(server.requestsTo('GET https://app.example.com/api/orders')).toHaveLength(20);
  });

  test('serves a view that mounts twice, as in StrictMode', async () => {
    const server = new FakeServer().signedIn();
    const client = tab(server);
    client.subscribe(() => {})();
    client.subscribe(() => {});
    await advance(1);
    expect(server.requests).toHaveLength(1);
    expect(client.getState().status).toBe('signed-in');
  });

  test('is not needed in a tab that adopts the token of another tab', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    await advance(3000);
    expect(two.getState().token).toMatchObject({ state: 'valid' });
    await one.refresh();
    await settle();
    expect(two.getState().token).toMatchObject({ state: 'valid', expiresIn: 3600 });
    await advance(3000);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    await advance(400);
    expect(server.requestsTo('POST /refresh').length).toBeLessThanOrEqual(3);
  });

  test('ten tabs that wake after the expiry stay signed in, with ten at most', async () => {
    const server = new FakeServer().signedIn();
    const tabs = await Promise.all(Array.from({ length: 10 }, () => openTab(server)));
    await hide();
    await advance(4000);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    await show();
    await advance(5);
    expect(server.requestsTo('POST /refresh').length).toBeGreaterThan(0);
    expect(server.requestsTo('POST /refresh').length).toBeLessThanOrEqual(10);
    for (const each of tabs) expect(each.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid' } });
  });

  test('needs no status before it, and adds nothing to the request without stored keys', async () => {
    const server = new FakeServer().signedIn();
    const client = tab(server);
    const refreshed = client.refresh();
    await advance(0.05);
    expect(await refreshed).toMatchObject({ state: 'valid' });
    expect(server.requests.map(({ method, path, body, headers }) => [method, path, body, headers.has('idempotency-key')])).toEqual([
      ['POST', '/refresh', {}, false],
    ]);
  });

  test('works without BroadcastChannel and without locks', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    await Promise.all([one.refresh(), two.refresh()]);
    expect(one.getState()).toMatchObject({ status: 'signed-in' });
    expect(two.getState()).toMatchObject({ status: 'signed-in' });
  });
});

describe('a page that is closed during a refresh', () => {
  test('leaves the request alone, so that the browser still gets the new cookies', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const release = server.holdResponse('POST /refresh');
    const refresh = client.refresh().catch(({ code }) => code);
    await settle();
    const init = server.requestsTo('POST /refresh')[0]?.init;
    expect(init?.keepalive).toBe(true);
    client.dispose();
    expect(await refresh).toBe('network');
    expect(init?.signal?.aborted).toBe(false);
    release();
    await settle();
    expect(server.cookie).toEqual({ id: 's-1', generation: 1 });
  });

  test('needs no such request to read', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('GET /sessions', noAnswer);
    const list = sessionsOf(client).list().catch(() => {});
    await settle();
    client.dispose();
    await list;
    for (const { init, method, path } of server.requests) expect(init.keepalive, `${method} ${path}`).toBe(false);
    expect(server.requestsTo('GET /sessions')[0]?.init.signal?.aborted).toBe(true);
  });
});
