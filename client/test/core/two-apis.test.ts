import { describe, expect, test, vi } from 'vitest';
import { createLatchkey, headerMode, type Latchkey, type LatchkeyOptions } from '../../src/core/index.js';
import { FakeServer, ORIGIN } from './support/fake-server.js';
import { advance, fakeStorage, openTab, setUpTabs, settle } from './support/tabs.js';

setUpTabs();

const OTHER = 'https://other.example.com/api/auth';

/** Without the channel that the tests choose for their tabs. */
async function page(server: FakeServer, options: LatchkeyOptions): Promise<Latchkey> {
  return openTab(server, { channel: undefined as never, ...options });
}

/** The same API under another address. */
const elsewhere = (server: FakeServer): typeof fetch => (input, init) => server.fetch(String(input).replace(OTHER, `${ORIGIN}/api/auth`), init);

describe.each(['cookie', 'header'])('two clients for two APIs on a page, in %s mode', (mode) => {
  test.each([undefined, 'one name for both'])('exchange no state and no tokens, with the channel %s', async (channel) => {
    const [here, there] = [new FakeServer(), new FakeServer()];
    const more = { ...(mode === 'header' && { mode: headerMode() }), ...(channel && { channel }) };
    const one = await page(here, { ...more });
    const two = await page(there, { ...more, baseUrl: OTHER, fetch: elsewhere(there) });
    await one.signIn('a');
    await settle();
    expect(two.getState()).toMatchObject({ status: 'signed-out', token: { sessionId: null } });
    await two.signIn('b');
    await one.signOut();
    await settle();
    expect(two.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-b' } });
    expect(there.requests.some(({ headers }) => headers.get('authorization')?.includes('s-a'))).toBe(false);
  });
});

test.each(['session', 'local'] as const)('two APIs keep their tokens apart in the %s storage', async (storage) => {
  vi.stubGlobal(`${storage}Storage`, fakeStorage());
  const [here, there] = [new FakeServer(), new FakeServer()];
  const options = { mode: headerMode({ storage }) };
  await (await page(here, options)).signIn('a');
  const two = await page(there, { ...options, baseUrl: OTHER, fetch: elsewhere(there) });
  expect(two.getState().status).toBe('signed-out');
  const reloaded = createLatchkey({ ...options, fetch: here.fetch });
  const refresh = reloaded.refresh();
  await advance(1);
  await refresh;
  expect(here.requestsTo('POST /refresh')[0]?.body).toMatchObject({ refresh_token: 'refresh.s-a.0' });
  reloaded.dispose();
});

test('the spellings of one address are one API', async () => {
  const server = new FakeServer();
  const one = await page(server, { mode: headerMode(), baseUrl: '/api/auth/' });
  const two = await page(server, { mode: headerMode(), baseUrl: `${ORIGIN}/api/auth` });
  await one.signIn('a');
  await settle();
  expect(two.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-a' } });
});
