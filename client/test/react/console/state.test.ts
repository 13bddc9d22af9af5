/** The logic of the console without its components. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { FleetEvent, FleetEventPage, NetworkRevocation, Overview } from '../../../src/core/fleet/fleet-types.js';
import { endNetwork, previewNetwork } from '../../../src/react/console/state/bulk-revocation.js';
import { type ConsoleView, NO_FILTERS, consoleViewFromQuery, consoleViewToQuery, eventQuery } from '../../../src/react/console/state/console-view.js';
import { createEventList } from '../../../src/react/console/state/event-list.js';
import { exportEvents } from '../../../src/react/console/state/export-events.js';
import { fleetEntries } from '../../../src/react/console/state/fleet-entries.js';
import { axisTop, hoursOf, latestOf, totalOf } from '../../../src/react/console/state/hours.js';
import { isNetwork } from '../../../src/react/console/state/network-text.js';
import { createResource } from '../../../src/react/console/state/resource.js';
import { localMinute, momentOf } from '../../../src/react/console/state/local-time.js';
import { appendSignIns } from '../../../src/react/console/state/sign-ins.js';
import { untilOf } from '../../../src/react/console/state/until.js';
import { latchkeyError } from '../support/fake-latchkey.js';
import { NOW } from '../support/fixtures.js';

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => vi.useRealTimers());

const event = (id: string, part: Partial<FleetEvent> = {}): FleetEvent => ({
  event_id: id,
  event_type: 'login',
  severity: 'info',
  user_id: 'ada',
  session_id: 's',
  created_at: '2026-11-25T09:00:00Z',
  details: {},
  ...part,
});

describe('the hours of a chart', () => {
  const count = (hour: string, sign_ins: number): Overview['hours'][number] => ({
    hour, sign_ins, live_sessions: null, alerts: 0, refused_sign_ins: 0, counted_at: hour,
  });
  const overview: Overview = { server_time: '2026-11-25T09:30:00Z', hours: [count('2026-11-25T09:00:00Z', 4), count('2026-11-25T07:00:00Z', 6)] };

  test('are complete, and an hour without a count is not a zero', () => {
    const hours = hoursOf(overview, 'sign_ins', 4);
    expect(hours.map(({ at, value, isRunning }) => [at.slice(11, 13), value, isRunning])).toEqual([['06', null, false], ['07', 6, false], ['08', null, false], ['09', 4, true]]);
    expect([totalOf(hours), latestOf(hours)]).toEqual([10, 4]);
  });

  test('without any count have no sum, no level and still an axis', () => {
    const hours = hoursOf(overview, 'live_sessions', 4);
    expect([totalOf(hours), latestOf(hours), axisTop(hours)]).toEqual([null, null, 1]);
  });

  test.each([[0, 1], [1, 1], [3, 5], [10, 10], [11, 20], [317, 500], [1_410, 2_000], [9_999, 10_000]])('the axis of %i ends at %i', (value, top) => {
    expect(axisTop([{ at: '', value, isRunning: false }])).toBe(top);
  });
});

describe('the page in an address', () => {
  const views: readonly ConsoleView[] = [
    { page: 'overview' },
    { page: 'events', ...NO_FILTERS },
    { page: 'events', severity: 'high', type: 'login', userId: 'a&b=c ü', network: '2001:db8::/64', period: 24, from: '2026-11-01T00:00:00Z', to: '2026-11-02T12:30:15Z' },
    { page: 'search', q: '#&?=%' },
    { page: 'user', userId: 'customer-1:paul' },
    { page: 'network', network: '203.0.113.9' },
  ];
  test.each(views)('is read as it was written: %o', (view) => {
    expect(consoleViewFromQuery(`#${consoleViewToQuery(view)}`)).toEqual(view);
  });

  test.each(['', '#', 'page=unknown', 'page=user', 'page=user&userId=', 'page=network', '%%%', 'page=constructor'])('%s is the overview', (query) => {
    expect(consoleViewFromQuery(query)).toEqual({ page: 'overview' });
  });

  test('an unknown severity, period or time is no filter', () => {
    const query = 'page=events&severity=none&period=1e9&from=yesterday&to=99999999999999';
    expect(consoleViewFromQuery(query)).toEqual({ page: 'events', ...NO_FILTERS });
  });

  test('a type of a newer version stays, and is for the server to refuse', () => {
    const view = consoleViewFromQuery('page=events&type=session_cloned');
    expect(view).toEqual({ page: 'events', ...NO_FILTERS, type: 'session_cloned' });
    expect(eventQuery({ ...NO_FILTERS, type: 'session_cloned' }, NOW.getTime()).type).toBe('session_cloned');
  });

  test.each(['+275760-09-13T00:00:00Z', '9999-12-31T12:00:00Z', '-000001-01-01T00:00:00Z', '1969-12-31T23:59:59Z'])('%s is a time that no field can show', (time) => {
    expect(consoleViewFromQuery(`page=events&${new URLSearchParams({ from: time })}`)).toEqual({ page: 'events', ...NO_FILTERS });
    expect(momentOf(time, null)).toBeNull();
  });

  test('the period becomes a time in whole seconds', () => {
    expect(eventQuery({ ...NO_FILTERS, period: 24 }, Date.parse('2026-11-25T09:30:00.123Z')).from).toBe('2026-11-24T09:30:00Z');
  });

  test('times take the place of the period, each with or without the other', () => {
    const query = (from: string | null, to: string | null) => {
      const { from: first, to: last } = eventQuery({ ...NO_FILTERS, from, to }, NOW.getTime());
      return [first, last];
    };
    expect(query('A', 'B')).toEqual(['A', 'B']);
    expect(query('A', null)).toEqual(['A', undefined]);
    expect(query(null, 'B')).toEqual([undefined, 'B']);
  });
});

describe('a field for date and time', () => {
  test('is in the time zone of the reader', () => {
    expect(momentOf(localMinute(Date.parse('2026-11-26T08:15:00Z')), null)).toBe('2026-11-26T08:15:00Z');
  });
  test('keeps the seconds of a time that the reader did not change', () => {
    const before = '2026-11-26T08:15:42Z';
    expect(momentOf(localMinute(Date.parse(before)), before)).toBe(before);
    expect(momentOf(localMinute(Date.parse('2026-11-26T08:16:00Z')), before)).toBe('2026-11-26T08:16:00Z');
  });
  test.each(['', 'tomorrow'])('with %j has no time', (text) => {
    expect(momentOf(text, '2026-11-26T08:15:42Z')).toBeNull();
  });
});

describe('the sign-ins of a network', () => {
  const page = (id: string, next: string | null) => ({ network: 'N', signIns: [{ event_id: id, user_id: 'ada', session_id: 's', created_at: 'T', device: null }], next });
  test('get an older page only if the list still ends there', () => {
    const newest = page('2', 'a');
    expect(appendSignIns(newest, 'a', page('1', null)).signIns.map(({ event_id: id }) => id)).toEqual(['2', '1']);
    // The list was loaded again meanwhile, and ends at another place.
    expect(appendSignIns({ ...newest, next: 'b' }, 'a', page('1', null))).toEqual({ ...newest, next: 'b' });
  });
});

describe('a network', () => {
  test.each(['203.0.113.9', '203.0.113.0/24', '0.0.0.0', '255.255.255.255', '2001:db8::', '2001:db8:0:1::/64', '::1', '::ffff:203.0.113.9'])('can be %s', (text) => {
    expect(isNetwork(text)).toBe(true);
  });
  test.each(['', 'paul', '203.0.113', '203.0.113.256', '203.0.113.0/16', '203.0.113.9/32', '2001:db8::/48', '1::2::3', 'cafe', '<b>', '203.0.113.9 '])('cannot be %j', (text) => {
    expect(isNetwork(text)).toBe(false);
  });
});

describe('the lines of many users', () => {
  test('do not join events of two users at the same moment', () => {
    const at = '2026-11-25T09:00:00Z';
    const ended = event('1', { event_type: 'session_ended', user_id: 'ada', details: { reason: 'signed_out' }, created_at: at });
    const logout = event('2', { event_type: 'logout', user_id: 'bob', session_id: 't', created_at: at });
    expect(fleetEntries([ended, logout])).toHaveLength(2);
    expect(fleetEntries([ended, { ...logout, user_id: 'ada' }])).toHaveLength(1);
  });

  test('are the newest first, whatever their users', () => {
    const events = ['08', '10', '09'].map((hour, n) => event(hour, { user_id: n === 1 ? 'bob' : 'ada', created_at: `2026-11-25T${hour}:00:00Z` }));
    expect(fleetEntries(events).map(({ event: { event_id: id } }) => id)).toEqual(['10', '09', '08']);
  });
});

describe('a value that is loaded', () => {
  const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1_000);

  test('is loaded once for all subscribers, and not without one', async () => {
    const load = vi.fn(async () => 1);
    const resource = createResource(load, 60);
    const stops = [resource.subscribe(() => {}), resource.subscribe(() => {})];
    await pass(59);
    expect(load).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(load).toHaveBeenCalledTimes(2);
    for (const stop of stops) stop();
    await pass(600);
    expect(load).toHaveBeenCalledTimes(2);
  });

  test('stays when a later load fails, which is repeated after its wait', async () => {
    const load = vi.fn(async () => 1);
    const resource = createResource(load, 10);
    resource.subscribe(() => {});
    await pass(0);
    load.mockRejectedValueOnce(latchkeyError('rate_limited', { status: 429, retryAfter: 42 }));
    await pass(10);
    expect(resource.getState()).toMatchObject({ data: 1, error: { code: 'rate_limited' }, retryAt: Date.now() + 42_000 });
    await pass(41);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(1);
    expect(resource.getState()).toMatchObject({ data: 1, error: null, retryAt: null });
  });

  test('is not loaded again by itself if the server refuses', async () => {
    const load = vi.fn(async () => Promise.reject(latchkeyError('forbidden', { status: 403 })));
    const resource = createResource(load, 10);
    resource.subscribe(() => {});
    await pass(600);
    expect(load).toHaveBeenCalledTimes(1);
    expect(resource.getState()).toMatchObject({ error: { code: 'forbidden' }, retryAt: null });
  });

  test('waits longer after each failure, at most a minute', async () => {
    const load = vi.fn(async () => Promise.reject(latchkeyError('network')));
    const resource = createResource(load, null);
    resource.subscribe(() => {});
    const waits: number[] = [];
    for (let n = 0; n < 6; n++) {
      await pass(0);
      const wait = (resource.getState().retryAt ?? 0) - Date.now();
      waits.push(wait / 1_000);
      await pass(wait / 1_000);
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
  });

  test('is the newest one, even if an older answer comes later', async () => {
    const answers: ((value: string) => void)[] = [];
    const resource = createResource(() => new Promise<string>((resolve) => answers.push(resolve)), null);
    resource.subscribe(() => {});
    await pass(0);
    void resource.reload();
    answers[1]?.('new');
    await pass(0);
    answers[0]?.('old');
    await pass(0);
    expect(resource.getState().data).toBe('new');
  });
});

describe('the list of events', () => {
  const pages = (all: Record<string, FleetEventPage>) => vi.fn(async (cursor: string | undefined) => all[cursor ?? 'first'] ?? { events: [], next: null });
  const loaded = async (load: ReturnType<typeof pages>, every: number | null = null) => {
    const list = createEventList(load, every);
    list.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(0);
    return list;
  };
  const ids = (list: Awaited<ReturnType<typeof loaded>>) => list.getState().data?.events?.map(({ event_id: id }) => id);

  test('reads over empty pages until there is an event', async () => {
    const load = pages({ first: { events: [], next: 'a' }, a: { events: [], next: 'b' }, b: { events: [event('1')], next: null } });
    const list = await loaded(load);
    expect(ids(list)).toEqual(['1']);
    expect(list.getState().data?.next).toBeNull();
  });

  test('stops after ten empty pages and keeps the cursor', async () => {
    const load = vi.fn(async (cursor: string | undefined) => ({ events: [], next: `${Number(cursor ?? 0) + 1}` }));
    const list = await loaded(load);
    expect(load).toHaveBeenCalledTimes(10);
    expect(list.getState().data).toEqual({ events: [], next: '10' });
  });

  test('adds older events once, however often the button is pressed', async () => {
    const many = Array.from({ length: 30 }, (_, n) => event(`n${n}`));
    const load = pages({ first: { events: many, next: 'a' }, a: { events: [event('old')], next: null } });
    const list = await loaded(load);
    await Promise.all([list.loadOlder(), list.loadOlder()]);
    expect(ids(list)).toHaveLength(31);
    expect(load).toHaveBeenCalledTimes(2);
  });

  test('keeps older events when a later load brings newer ones', async () => {
    const many = Array.from({ length: 30 }, (_, n) => event(`n${n}`));
    const answers: Record<string, FleetEventPage> = { first: { events: many, next: 'a' }, a: { events: [event('old')], next: null } };
    const list = await loaded(pages(answers), 30);
    await list.loadOlder();
    answers['first'] = { events: [event('new'), ...many.slice(0, 29)], next: 'a' };
    await vi.advanceTimersByTimeAsync(30_000);
    expect(ids(list)?.[0]).toBe('new');
    expect(ids(list)?.at(-1)).toBe('old');
    expect(list.getState().data?.next).toBeNull();
  });
});

describe('an export', () => {
  const read = async (blob: Blob): Promise<string> => blob.text();

  test('joins the pages, with one line of column names', async () => {
    const calls: unknown[] = [];
    const fleet = {
      exportEvents: async (_: string, query: object = {}) => {
        calls.push(query);
        return 'cursor' in query && query.cursor === 'a'
          ? { text: 'id,details\r\n3,x\r\n', next: null }
          : { text: 'id,details\r\n1,"two\nlines"\r\n2,y\r\n', next: 'a' };
      },
    };
    const progress: number[] = [];
    const file = await exportEvents(fleet, 'csv', { severity: 'high' }, (count) => progress.push(count), new AbortController().signal, NOW.getTime());
    expect(await read(file.blob)).toBe('id,details\r\n1,"two\nlines"\r\n2,y\r\n3,x\r\n');
    expect(progress).toEqual([2, 3]);
    expect(file).toMatchObject({ name: 'latchkey-events-2026-11-25.csv', count: 3, isCut: false });
    // The end is fixed, so that events that arrive meanwhile do not move the pages.
    expect(calls).toEqual([undefined, 'a'].map((cursor) => ({ severity: 'high', to: '2026-11-25T09:30:00Z', limit: 500, cursor })));
  });

  test('of NDJSON counts the lines', async () => {
    const fleet = { exportEvents: async () => ({ text: '{}\n{}\n', next: null }) };
    expect(await exportEvents(fleet, 'ndjson', {}, () => {}, new AbortController().signal, NOW.getTime())).toMatchObject({ count: 2, isCut: false });
  });

  test('ends at 10,000 events and reports that there are more', async () => {
    const fleet = { exportEvents: vi.fn(async () => ({ text: '{}\n'.repeat(500), next: 'more' })) };
    const file = await exportEvents(fleet, 'ndjson', {}, () => {}, new AbortController().signal, NOW.getTime());
    expect(file).toMatchObject({ count: 10_000, isCut: true });
    expect(fleet.exportEvents).toHaveBeenCalledTimes(20);
  });

  test('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const fleet = { exportEvents: vi.fn(async () => ({ text: '{}\n', next: 'more' })) };
    await expect(exportEvents(fleet, 'ndjson', {}, () => controller.abort(), controller.signal, NOW.getTime())).rejects.toMatchObject({ name: 'AbortError' });
    expect(fleet.exportEvents).toHaveBeenCalledTimes(2);
  });
});

describe('the end of the sessions of a network', () => {
  const page = (users: NetworkRevocation['users'], next_cursor: string | null, as_of = 'T1', failed: readonly string[] = []): NetworkRevocation => ({
    network: '203.0.113.0/24', preview: true, from: 'T0', as_of, users, sessions: 0, failed: [...failed], next_cursor, access_tokens_expire_by: '2026-11-25T10:30:00Z',
  });
  const command = { network: '203.0.113.9', reason: 'attack', from: 'T0' };

  test('lists all pages first, at the moment of the first one', async () => {
    const calls: unknown[] = [];
    const fleet = {
      previewNetwork: async (body: object) => {
        calls.push(body);
        return calls.length === 1 ? page([{ user_id: 'a', session_ids: ['1'] }], 'next') : page([{ user_id: 'b', session_ids: ['2', '3'] }, { user_id: 'a', session_ids: ['4'] }], null, 'T2');
      },
    };
    const preview = await previewNetwork(fleet, command, () => {}, new AbortController().signal);
    // The sessions of the whole network end, although the command names one address of it.
    expect(preview).toMatchObject({ network: '203.0.113.0/24', asOf: 'T1', sessions: 4, users: [{ userId: 'a', sessions: 2 }, { userId: 'b', sessions: 2 }] });
    expect(calls[1]).toEqual({ ...command, as_of: 'T1', cursor: 'next' });
  });

  test('reads no further page of a preview that was stopped', async () => {
    const controller = new AbortController();
    const fleet = { previewNetwork: vi.fn(async () => page([{ user_id: 'a', session_ids: ['1'] }], 'next')) };
    await expect(previewNetwork(fleet, command, () => controller.abort(), controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(fleet.previewNetwork).toHaveBeenCalledTimes(1);
  });

  test('ends what was listed, and counts what ended before a failure', async () => {
    const preview = { ...command, asOf: 'T1', users: [], sessions: 2, failed: [] };
    const bodies: unknown[] = [];
    const fleet = {
      endNetwork: async (body: object) => {
        bodies.push(body);
        if (bodies.length === 2) throw latchkeyError('store_unavailable', { status: 503 });
        return page([{ user_id: 'a', session_ids: ['1'] }], bodies.length === 1 ? 'next' : null);
      },
    };
    const progress: number[] = [];
    await expect(endNetwork(fleet, preview, (count) => progress.push(count))).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(progress).toEqual([1]);
    expect(bodies).toEqual([undefined, 'next'].map((cursor) => ({ ...command, as_of: 'T1', cursor })));
    expect(await endNetwork(fleet, preview, () => {})).toEqual({ users: 1, sessions: 1, failed: [], expireBy: '2026-11-25T10:30:00Z' });
  });

  test('names each user that failed on one of the pages once', async () => {
    const pages = () => [page([{ user_id: 'a', session_ids: ['1'] }], 'next', 'T1', ['b', 'c']), page([], 'last', 'T1', ['c']), page([], null, 'T1', ['d'])];
    const [first, second] = [pages(), pages()];
    const preview = await previewNetwork({ previewNetwork: async () => first.shift()! }, command, () => {}, new AbortController().signal);
    expect(preview).toMatchObject({ sessions: 1, failed: ['b', 'c', 'd'] });
    expect(await endNetwork({ endNetwork: async () => second.shift()! }, preview, () => {})).toMatchObject({ users: 1, sessions: 1, failed: ['b', 'c', 'd'] });
  });
});

describe('the end of a suspension', () => {
  test.each([
    ['none', '', null],
    ['1', '', '2026-11-25T10:30:00Z'],
    ['168', '', '2026-12-02T09:30:00Z'],
  ] as const)('%s is a time of the server', (choice, local, until) => {
    expect(untilOf(choice, local, NOW.getTime())).toBe(until);
  });

  test('that an administrator chooses is in the time zone of the reader', () => {
    const at = Date.parse('2026-11-26T08:15:00Z');
    expect(untilOf('other', localMinute(at), NOW.getTime())).toBe('2026-11-26T08:15:00Z');
  });
});
