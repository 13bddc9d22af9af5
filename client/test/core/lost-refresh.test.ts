/** Refreshes whose responses are lost or late, with the real server, which accepts nothing but keys or a proof as evidence. */

import { IDBFactory } from 'fake-indexeddb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLatchkey, headerMode, sessionsOf, type Latchkey } from '../../src/core/index.js';
import type { Fetch } from '../../src/core/transport/transport.js';
import type { TokenStatus } from '../../src/core/types.js';
import { startLocalServer, type LocalServer } from '../server/support/local-server.js';
import { browser } from './support/cookie-jar.js';

let api: LocalServer;
let unbound: LocalServer;
let binding: LocalServer;
let clients: Latchkey[] = [];

beforeAll(async () => {
  const settings = { REFRESH_GRACE: '0s', REFRESH_LATE_RETRY: '0s' };
  unbound = await startLocalServer({ ...settings, SESSION_BINDING: 'off' });
  binding = await startLocalServer(settings);
});

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));

afterEach(() => {
  for (const each of clients) each.dispose();
  clients = [];
  vi.unstubAllGlobals();
});

afterAll(() => Promise.all([unbound?.stop(), binding?.stop()]));

const isRefresh = (input: unknown, init?: RequestInit): boolean => init?.method === 'POST' && String(input).endsWith('/refresh');

interface Network {
  /** The server gets a refresh, but its response is lost, and the cookies with it. */
  readonly losesResponses?: boolean;
  /** A refresh is on its way for as long as this takes. */
  readonly delay?: () => Promise<void>;
}

/** A browser or an app: its pages share cookies or tokens, and IndexedDB, but exchange no messages. */
function device(mode: 'cookie' | 'header'): { page(network?: Network): { client: Latchkey; statuses: number[] } } {
  const jar = new Map<string, string>();
  let tokens: string | null = null;
  const storage = { get: () => tokens, set: (value: string) => void (tokens = value), remove: () => void (tokens = null) };
  return {
    page({ losesResponses = false, delay = async () => {} } = {}) {
      const statuses: number[] = [];
      const send: Fetch = async (input, init) => {
        if (!isRefresh(input, init)) return (mode === 'cookie' ? browser(jar) : fetch)(input, init);
        if (mode === 'header') await delay();
        const response = await (mode === 'cookie' ? browser(losesResponses ? new Map(jar) : jar, delay) : fetch)(input, init);
        if (losesResponses) throw new TypeError('fetch failed');
        statuses.push(response.status);
        return response;
      };
      const own = mode === 'header' && { mode: headerMode({ storage }) };
      const client = createLatchkey({ baseUrl: api.issuer, channel: `page-${clients.length}`, fetch: send, ...own });
      clients.push(client);
      return { client, statuses };
    },
  };
}

async function signIn({ client }: { client: Latchkey }, sub: string): Promise<string> {
  const { assertion } = await api.post('/dev/assertion', { sub });
  return (await client.signIn(String(assertion))).session_id;
}

const eventTypes = async (client: Latchkey): Promise<string[]> => (await sessionsOf(client).events()).events.map(({ event_type }) => event_type);

/** A request that leaves, is overtaken by two refreshes of another page, and arrives then. */
async function overtaken(mode: 'cookie' | 'header', sub: string): Promise<{ result: TokenStatus; session: string; statuses: number[]; events: string[] }> {
  const own = device(mode);
  const first = own.page();
  const session = await signIn(first, sub);
  let arrive = (): void => {};
  let leave = (): void => {};
  const hasLeft = new Promise<void>((resolve) => (leave = resolve));
  const held = new Promise<void>((resolve) => (arrive = resolve));
  const slow = own.page({
    delay: () => {
      leave();
      return held;
    },
  });
  const late = slow.client.refresh();
  await hasLeft;
  await first.client.refresh();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await first.client.refresh();
  arrive();
  return { result: await late, session, statuses: slow.statuses, events: await eventTypes(first.client) };
}

describe.each(['cookie', 'header'] as const)('in %s mode', (mode) => {
  beforeEach(() => (api = unbound));

  test('a refresh whose response was lost is repeated a day later, by another page', async () => {
    const own = device(mode);
    const session = await signIn(own.page(), `lost-${mode}`);
    const { client: closed } = own.page({ losesResponses: true });
    await expect(closed.refresh()).rejects.toMatchObject({ code: 'network' });
    closed.dispose();
    await api.advanceClock(86_400);
    const { client } = own.page();
    expect(await client.refresh()).toMatchObject({ state: 'valid', sessionId: session });
    await api.advanceClock(86_400);
    expect(await client.refresh()).toMatchObject({ state: 'valid', sessionId: session });
    expect(await eventTypes(client)).not.toContain('token_reused');
  });

  test('two of them in a row are as well', async () => {
    const own = device(mode);
    const session = await signIn(own.page(), `twice-${mode}`);
    for (let n = 0; n < 2; n++) {
      await expect(own.page({ losesResponses: true }).client.refresh()).rejects.toMatchObject({ code: 'network' });
      await api.advanceClock(3_600);
    }
    expect(await own.page().client.refresh()).toMatchObject({ state: 'valid', sessionId: session });
  });

  test('it would end the session without stored keys, so that these tests can fail', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const own = device(mode);
    await signIn(own.page(), `theft-${mode}`);
    await expect(own.page({ losesResponses: true }).client.refresh()).rejects.toMatchObject({ code: 'network' });
    await api.advanceClock(86_400);
    await expect(own.page().client.refresh()).rejects.toMatchObject({ code: 'session_ended' });
  });

  test('a request that two refreshes have overtaken is superseded and ends nothing', async () => {
    const { result, session, statuses, events } = await overtaken(mode, `late-${mode}`);
    expect(result).toMatchObject({ state: 'valid', sessionId: session });
    expect(statuses).toEqual([409, 200]);
    expect(events).not.toContain('token_reused');
  });
});

describe.each(['cookie', 'header'] as const)('in %s mode, with a session that is bound to the key of the browser', (mode) => {
  beforeEach(() => (api = binding));

  test('a request that two refreshes have overtaken gets the current token', async () => {
    const { result, session, statuses, events } = await overtaken(mode, `late-${mode}`);
    expect(result).toMatchObject({ state: 'valid', sessionId: session });
    // A page that has no nonce yet gets one with its first response.
    expect(statuses).toEqual(mode === 'header' ? [400, 200] : [200]);
    expect(events).not.toContain('token_reused');
  });

  test('a refresh whose response was lost is repeated a day later, by another page', async () => {
    const own = device(mode);
    const session = await signIn(own.page(), `lost-${mode}`);
    await expect(own.page({ losesResponses: true }).client.refresh()).rejects.toMatchObject({ code: 'network' });
    await api.advanceClock(86_400);
    const { client } = own.page();
    expect(await client.refresh()).toMatchObject({ state: 'valid', sessionId: session });
    expect(await eventTypes(client)).not.toContain('token_reused');
  });
});
