// @vitest-environment jsdom
/** The app names a user, and the client does not know yet whether that is its own user. Nothing may end the wrong user's sessions. */

import { act, cleanup, fireEvent, renderHook, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { ADD_ON } from '../../src/core/runtime/add-ons.js';
import { LatchkeyProvider, type UserSessionManagement, useSessionManagement } from '../../src/index.js';
import { dashboard, expectAccessible, openPage, pass, textOf } from './support/dashboard.js';
import { fakeLatchkey, latchkeyError, REVOKE_RESPONSE } from './support/fake-latchkey.js';
import { HERE, NOW, PHONE, SIGNED_IN } from './support/fixtures.js';

beforeEach(openPage);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A client that does not know its user, and the calls for its own sessions and for those of another user. */
function unknownCaller(part: Parameters<typeof fakeLatchkey>[0] = {}) {
  const own = fakeLatchkey({ ...SIGNED_IN, userId: null, sessions: null, ...part });
  const theirs = fakeLatchkey({ ...SIGNED_IN, userId: 'paul', sessions: [PHONE] });
  const ofUser = { ...theirs.sessions, getState: theirs.client.getState, subscribe: theirs.client.subscribe };
  const addOn = Object.assign(() => ofUser, own.sessions);
  return { ...own, theirs: theirs.sessions, client: { ...own.client, [ADD_ON]: <T,>() => addOn as T } };
}

const managementOf = ({ client }: Pick<ReturnType<typeof unknownCaller>, 'client'>): UserSessionManagement =>
  renderHook(() => useSessionManagement({ userId: 'paul' }), { wrapper: ({ children }) => <LatchkeyProvider client={client}>{children}</LatchkeyProvider> }).result.current;

const CALLS = [
  ['revokeAllSessions', 'revokeAll', (all: UserSessionManagement) => all.revokeAllSessions('left the company')],
  ['revokeOtherSessions', 'revokeOthers', (all: UserSessionManagement) => all.revokeOtherSessions('left the company')],
  ['revokeSession', 'revoke', (all: UserSessionManagement) => all.revokeSession('id', 'left the company')],
] as const;

describe('an action on a named user, before the client knows its own user', () => {
  test.each(CALLS)('%s asks who the caller is, and ends the sessions of the named user', async (_, call, send) => {
    const client = unknownCaller();
    client.sessions.list.mockImplementation(async () => {
      client.set({ userId: 'root', sessions: [HERE] });
      return [HERE];
    });
    const management = managementOf(client);
    await act(async () => expect(await send(management)).toEqual(REVOKE_RESPONSE));
    expect(client.sessions[call]).not.toHaveBeenCalled();
    // Another user has no "other" sessions.
    expect(client.theirs[call === 'revokeOthers' ? 'revokeAll' : call]).toHaveBeenCalledTimes(1);
  });

  test.each(CALLS)('%s ends the own sessions if the named user is the own one', async (_, call, send) => {
    const client = unknownCaller();
    client.sessions.list.mockImplementation(async () => {
      client.set({ userId: 'paul', sessions: [HERE] });
      return [HERE];
    });
    const management = managementOf(client);
    await act(async () => expect(await send(management)).toEqual(REVOKE_RESPONSE));
    expect(client.sessions[call]).toHaveBeenCalledTimes(1);
  });

  test.each(CALLS)('%s ends nothing if the list cannot be read', async (_name, _call, send) => {
    const client = unknownCaller();
    client.sessions.list.mockRejectedValue(latchkeyError('rate_limited', { status: 429 }));
    const management = managementOf(client);
    await act(async () => {
      await expect(send(management)).rejects.toMatchObject({ code: 'rate_limited' });
    });
    for (const { revoke, revokeAll, revokeOthers } of [client.sessions, client.theirs]) {
      for (const mock of [revoke, revokeAll, revokeOthers]) expect(mock).not.toHaveBeenCalled();
    }
    expect(management.error).toMatchObject({ code: 'rate_limited' });
  });
});

describe('the page of a named user without a list', () => {
  const limited = { sessions: null, userId: null, error: latchkeyError('rate_limited'), retryAt: NOW.getTime() + 60_000 } as const;

  test('offers the sign-out of this device and no other, because it may be the page of another user', async () => {
    const { fake: { client, sessions }, container } = await dashboard({ ...SIGNED_IN, ...limited }, { userId: 'paul' });
    const buttons = screen.getAllByRole('button', { name: /^Sign out/u });
    expect(buttons.map(textOf)).toEqual(['Sign out of this device']);
    await expectAccessible(container);
    fireEvent.click(buttons[0]!);
    expect(client.signOut).toHaveBeenCalledTimes(1);
    for (const call of [sessions.revoke, sessions.revokeOthers, sessions.revokeAll]) expect(call).not.toHaveBeenCalled();
  });

  test('has the sign-outs as soon as the list shows whose page it is', async () => {
    const { set } = await dashboard({ ...SIGNED_IN, ...limited }, { userId: 'paul' });
    await set({ userId: 'paul', sessions: [HERE, PHONE], error: null, retryAt: null });
    await pass();
    screen.getByRole('button', { name: 'Sign out everywhere' });
    expect(screen.queryByRole('button', { name: 'Sign out of this device' })).toBeNull();
  });
});
