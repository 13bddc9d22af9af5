import { expect, expectTypeOf, test } from 'vitest';
import { createLatchkey, fetchOf, sessionsOf, type Latchkey } from '../../src/core/index.js';

test('the type of a client has its public methods and nothing else', () => {
  expectTypeOf<keyof Latchkey>().toEqualTypeOf<'getState' | 'subscribe' | 'signIn' | 'signOut' | 'refresh' | 'dispose'>();
  const client = createLatchkey();
  expect(Object.keys(client).sort()).toEqual(['dispose', 'getState', 'refresh', 'signIn', 'signOut', 'subscribe']);
  client.dispose();
});

test('a client that an app wraps in an object of its own keeps its add-ons', () => {
  const client = createLatchkey();
  const wrapped: Latchkey = { ...client, signOut: () => Promise.resolve() };
  expect(sessionsOf(wrapped)).toBe(sessionsOf(client));
  expect(fetchOf(wrapped)).toBe(fetchOf(client));
  client.dispose();
});
