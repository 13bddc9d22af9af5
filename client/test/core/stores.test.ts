import { get } from 'svelte/store';
import { expect, test, vi } from 'vitest';
import { sessionsStore, stateStore } from '../../src/core/index.js';
import { FakeServer } from './support/fake-server.js';
import { advance, openTab, setUpTabs } from './support/tabs.js';

setUpTabs();

/** The requests for the list. */
const lists = (server: FakeServer): number => server.requests.filter(({ path }) => path.startsWith('/sessions')).length;

test('a store gives its value at once, after each change, and no more after the end', async () => {
  const client = await openTab(new FakeServer());
  const run = vi.fn();
  const unsubscribe = stateStore(client).subscribe(run);
  expect(run.mock.calls).toEqual([[client.getState()]]);
  await client.signIn('a');
  expect(run).toHaveBeenLastCalledWith(client.getState());
  expect(client.getState().status).toBe('signed-in');
  unsubscribe();
  const before = run.mock.calls.length;
  await client.signOut();
  expect(run).toHaveBeenCalledTimes(before);
});

test('Svelte itself reads the store', async () => {
  const client = await openTab(new FakeServer());
  await client.signIn('a');
  expect(get(stateStore(client))).toBe(client.getState());
});

test('the list is polled only as long as its store has a subscriber', async () => {
  const server = new FakeServer();
  const client = await openTab(server);
  await client.signIn('a');
  const other = stateStore(client).subscribe(() => {});
  await advance(60);
  const before = lists(server);
  const unsubscribe = sessionsStore(client).subscribe(() => {});
  await advance(60);
  const polled = lists(server);
  expect(polled).toBeGreaterThan(before + 3);
  expect(client.getState().sessions).toHaveLength(1);
  unsubscribe();
  await advance(60);
  expect(lists(server)).toBe(polled);
  other();
});
