import { describe, expect, test, vi } from 'vitest';
import { sessionsOf } from '../../src/core/index.js';
import { FakeServer, html, noAnswer, noNetwork, problem } from './support/fake-server.js';
import { dispatchPageEvent, hide, openTab, advance, setUpTabs, settle } from './support/tabs.js';

setUpTabs();

const limited = (seconds: number) => () => problem(429, 'rate_limited', { policy: 'refresh', retry_after: seconds }, { 'retry-after': String(seconds) });

describe('Retry-After', () => {
  test('applies to the second, to timers and callers', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /refresh', limited(90));
    await expect(client.refresh()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 90 });
    expect(client.getState().retryAt).toBe(Date.now() + 90_000);
    await advance(60);
    await expect(client.refresh()).rejects.toMatchObject({ code: 'rate_limited', status: 429, retryAfter: 30 });
    await advance(29);
    await expect(client.refresh()).rejects.toMatchObject({ retryAfter: 1 });
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    await advance(1.25);
    await expect(client.refresh()).resolves.toMatchObject({ state: 'valid' });
  });

  test('applies to every tab', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    server.fail('POST /refresh', limited(90));
    await one.refresh().catch(() => {});
    await settle();
    await expect(two.refresh()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 90 });
    await dispatchPageEvent('online');
    await advance(80);
    await expect(two.refresh()).rejects.toMatchObject({ code: 'rate_limited' });
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('of a limited list does not delay the refresh', async () => {
    const server = new FakeServer().signedIn();
    server.left = 400;
    const client = await openTab(server);
    server.fail('GET /sessions', limited(900));
    await sessionsOf(client).list().catch(() => {});
    await expect(sessionsOf(client).list()).rejects.toMatchObject({ code: 'rate_limited' });
    await advance(200);
    expect(server.requestsTo('GET /sessions')).toHaveLength(1);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('of one read applies to all reads', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('GET /sessions/events', limited(100));
    await expect(sessionsOf(client).events()).rejects.toMatchObject({ retryAfter: 100 });
    await expect(sessionsOf(client).list()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 100 });
    expect(server.requestsTo('GET /sessions')).toHaveLength(0);
    await expect(sessionsOf(client).revokeOthers()).resolves.toMatchObject({ ended: 0 });
  });

  test('of the first read after a sign-in applies as well', async () => {
    const server = new FakeServer();
    const client = await openTab(server);
    server.fail('GET /sessions/s-b', limited(100));
    await expect(client.signIn('b')).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(sessionsOf(client).list()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 100 });
    expect(server.requestsTo('GET /sessions')).toHaveLength(0);
  });

  test('pauses watching, which then continues by itself', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    server.fail('GET /sessions', limited(100));
    await advance(10);
    expect(client.getState()).toMatchObject({ stale: true, error: { code: 'rate_limited', retryAfter: 100 } });
    const asked = server.requestsTo('GET /sessions').length;
    await dispatchPageEvent('focus');
    await advance(98);
    expect(server.requestsTo('GET /sessions')).toHaveLength(asked);
    await advance(3);
    expect(client.getState()).toMatchObject({ stale: false, error: null });
  });
});

describe('a refresh without a response', () => {
  test('is repeated after 1, 2, 4 and 8 s, also in a hidden tab', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const at: number[] = [];
    const began = Date.now();
    server.fail('POST /refresh', () => {
      at.push(Math.round((Date.now() - began) / 1000));
      return noNetwork(null);
    }, 99);
    await hide();
    await client.refresh().catch(() => {});
    await advance(100);
    expect(at).toEqual([0, 1, 3, 7, 15]);
  });

  test('leaves no error once a repeated refresh succeeds', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /refresh', noNetwork);
    await expect(client.refresh()).rejects.toMatchObject({ code: 'network', status: null });
    await advance(2);
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null, retryAt: null, token: { state: 'valid' } });
  });
});

describe('other failures', () => {
  test('are repeated after 1, 2, 4 … 60 s with full jitter', async () => {
    const server = new FakeServer().signedIn();
    server.left = 200;
    const at: number[] = [];
    const began = Date.now();
    server.fail('POST /refresh', () => {
      at.push((Date.now() - began) / 1000);
      return problem(500, 'internal');
    }, 99);
    await openTab(server);
    await advance(119);
    expect(at.map((each, index) => Math.round((each - (at[index - 1] ?? each)) * 10) / 10)).toEqual([0, 0.5, 1, 2, 4, 8, 16, 30, 30]);
  });

  test('a captive portal gets at most 3 requests in 10 s', async () => {
    const server = new FakeServer().signedIn();
    for (const key of ['GET /refresh', 'POST /refresh', 'GET /sessions']) server.fail(key, () => html(), 99);
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(9.9);
    expect(server.requests.length).toBeLessThanOrEqual(3);
    expect(client.getState()).toMatchObject({ status: 'unknown', error: { code: 'not_latchkey' } });
  });

  test('a captive portal that appears later gets no more', async () => {
    const server = new FakeServer().signedIn();
    server.left = 310;
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(9);
    for (const key of ['GET /refresh', 'POST /refresh', 'GET /sessions']) server.fail(key, () => html(), 99);
    const before = server.requests.length;
    await advance(9.9);
    expect(server.requests.length - before).toBeLessThanOrEqual(3);
  });

  test('30 s of 503 keep the data, show an error, and recover without help', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    server.fail('GET /sessions', () => problem(503, 'store_unavailable', { retry_after: 2 }), 999);
    await advance(30);
    expect(client.getState()).toMatchObject({ stale: true, error: { code: 'store_unavailable' }, sessions: [{ session_id: 's-1' }] });
    server.clearFaults();
    await advance(11);
    expect(client.getState()).toMatchObject({ stale: false, error: null });
  });

  test('the return of the network ends the wait', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    server.fail('GET /sessions', noNetwork, 99);
    await dispatchPageEvent('offline');
    expect(client.getState().online).toBe(false);
    await advance(60);
    expect(client.getState()).toMatchObject({ status: 'signed-in', online: false, stale: true, error: { code: 'network' } });
    server.clearFaults();
    await dispatchPageEvent('online');
    await settle();
    expect(client.getState()).toMatchObject({ online: true, stale: false, error: null });
  });

  test('every request times out after 10 s, even if fetch ignores the signal', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('GET /sessions/events', noAnswer);
    server.fail('GET /sessions', () => new Promise(() => {}));
    const outcomes = [sessionsOf(client).events(), sessionsOf(client).list()].map((each) => each.catch((error: unknown) => error));
    await advance(9.75);
    expect(await Promise.race([...outcomes, Promise.resolve('waiting')])).toBe('waiting');
    await advance(0.5);
    expect(await Promise.all(outcomes)).toMatchObject([{ code: 'timeout', status: null }, { code: 'timeout' }]);
  });

  test('are passed to onError', async () => {
    const onError = vi.fn();
    const server = new FakeServer().signedIn();
    const client = await openTab(server, { onError });
    server.fail('GET /sessions', () => problem(500, 'internal', { request_id: 'abc' }));
    await sessionsOf(client).list().catch(() => {});
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'internal', status: 500, requestId: 'abc' }));
  });
});
