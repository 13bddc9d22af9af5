// @vitest-environment jsdom
import { act, cleanup, render, renderHook } from '@testing-library/react';
import { type ReactNode, StrictMode, memo } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { LatchkeyProvider, useSessionManagement } from '../../src/index.js';
import { setDefaultClientFactory } from '../../src/react/provider/default-client.js';
import { REVOKE_RESPONSE, type FakeLatchkey, deferred, fakeLatchkey, latchkeyError } from './support/fake-latchkey.js';
import { ABROAD, HERE, PHONE, SIGNED_IN, SIGNED_OUT, securityEvent, session } from './support/fixtures.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  setDefaultClientFactory(undefined);
});

function around({ client }: FakeLatchkey) {
  return ({ children }: { children: ReactNode }) => (
    <LatchkeyProvider client={client}>{children}</LatchkeyProvider>
  );
}

function hook<T>(fake: FakeLatchkey, read: (management: ReturnType<typeof useSessionManagement>) => T) {
  return renderHook(() => read(useSessionManagement()), { wrapper: around(fake) });
}

const ids = (sessions: readonly { session_id: string }[]) => sessions.map(({ session_id }) => session_id);
const settle = () => act(async () => vi.advanceTimersByTimeAsync(0));

describe('the result of the hook', () => {
  test('before the first answer it is loading and the token needs a refresh', () => {
    const { result } = hook(fakeLatchkey(), (management) => ({ ...management }));
    expect(result.current).toMatchObject({
      status: 'unknown',
      sessions: [],
      currentSession: null,
      isLoading: true,
      isTokenExpired: false,
      needsTokenRefresh: true,
      tokenStatus: { expiresAt: null },
      events: [],
    });
  });

  test('signed in it returns the sessions with the field names of the API', () => {
    const { result } = hook(fakeLatchkey(SIGNED_IN), (management) => ({ ...management }));
    expect(result.current.sessions).toEqual([HERE, PHONE, ABROAD]);
    expect(result.current.currentSession).toBe(HERE);
    expect(result.current).toMatchObject({ isLoading: false, isTokenExpired: false, needsTokenRefresh: false });
  });

  test('it returns exactly the documented fields', () => {
    const { result } = hook(fakeLatchkey(SIGNED_IN), (management) => Object.keys(management).sort());
    expect(result.current).toEqual(
      [
        ...['sessions', 'currentSession', 'revokeSession', 'refreshSessions', 'tokenStatus', 'isTokenExpired'],
        ...['needsTokenRefresh', 'status', 'error', 'isLoading', 'stale', 'revokeOtherSessions'],
        ...['revokeAllSessions', 'signOut', 'analytics', 'recommendations', 'events', 'loadMoreEvents'],
      ].sort(),
    );
  });

  test('an expired token that can be refreshed needs a refresh', () => {
    const token = { ...SIGNED_IN.token!, state: 'expired', needsRefresh: true } as const;
    const { result } = hook(fakeLatchkey({ ...SIGNED_IN, token }), (management) => ({ ...management }));
    expect(result.current).toMatchObject({ isTokenExpired: false, needsTokenRefresh: true });
  });

  test('signed out the token is expired', () => {
    const { result } = hook(fakeLatchkey(SIGNED_OUT), (management) => ({ ...management }));
    expect(result.current).toMatchObject({ isTokenExpired: true, needsTokenRefresh: false, sessions: [] });
  });
});

describe('renders', () => {
  test('a component that reads only the token ignores a new list', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    let renders = 0;
    hook(fake, ({ tokenStatus }) => {
      renders += 1;
      return tokenStatus;
    });
    await settle();
    const before = renders;
    act(() => fake.set({ sessions: [HERE], confirmedAt: 1 }));
    expect(renders).toBe(before);
    act(() => fake.set({ token: { ...SIGNED_IN.token!, expiresIn: 10 } }));
    expect(renders).toBe(before + 1);
  });

  test('a component that reads the list ignores the time of confirmation', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    let renders = 0;
    const { result } = hook(fake, ({ sessions }) => {
      renders += 1;
      return sessions;
    });
    await settle();
    const before = renders;
    act(() => fake.set({ confirmedAt: 1, sessions: [HERE, PHONE, ABROAD] }));
    expect(renders).toBe(before);
    act(() => fake.set({ sessions: [HERE, PHONE] }));
    expect(renders).toBe(before + 1);
    expect(result.current).toEqual([HERE, PHONE]);
  });

  test('a field that is read later is current and triggers renders from then on', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const { result, rerender } = renderHook(
      ({ reads }: { reads: boolean }) => {
        const management = useSessionManagement();
        return reads ? management.stale : management.status;
      },
      { wrapper: around(fake), initialProps: { reads: false } },
    );
    act(() => fake.set({ stale: true }));
    rerender({ reads: true });
    expect(result.current).toBe(true);
    act(() => fake.set({ stale: false }));
    expect(result.current).toBe(false);
  });

  test('a memoised child that receives the whole result renders changes', () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const Child = memo(({ management }: { management: ReturnType<typeof useSessionManagement> }) => (
      <p>{management.sessions.length}</p>
    ));
    const Parent = () => <Child management={useSessionManagement()} />;
    const { container } = render(<Parent />, { wrapper: around(fake) });
    act(() => fake.set({ sessions: [HERE] }));
    expect(container.textContent).toBe('1');
  });

  test('actions keep their identity', () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const { result } = hook(fake, (management) => ({ ...management }));
    const before = result.current;
    act(() => fake.set({ sessions: [HERE] }));
    expect(result.current.revokeSession).toBe(before.revokeSession);
    expect(result.current.signOut).toBe(before.signOut);
  });
});

describe('polling while a component is mounted', () => {
  test('a component that reads no sessions polls nothing', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    hook(fake, ({ isTokenExpired }) => isTokenExpired);
    await settle();
    expect(fake.watching.starts).toBe(0);
    expect(fake.sessions.events).not.toHaveBeenCalled();
  });

  test('two components share one watch, which ends with the last one', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const first = hook(fake, ({ sessions }) => sessions);
    const second = hook(fake, ({ sessions }) => sessions);
    await settle();
    expect(fake.watching).toEqual({ now: 1, starts: 1 });
    first.unmount();
    await settle();
    expect(fake.watching.now).toBe(1);
    second.unmount();
    await settle();
    expect(fake.watching.now).toBe(0);
    expect(fake.listeners.size).toBe(0);
  });

  test('StrictMode starts one watch, one subscription and one read of events', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const Strict = ({ children }: { children: ReactNode }) => (
      <StrictMode>
        <LatchkeyProvider client={fake.client}>{children}</LatchkeyProvider>
      </StrictMode>
    );
    const read = () => {
      const { sessions, events } = useSessionManagement();
      return [sessions, events];
    };
    const { unmount } = renderHook(read, { wrapper: Strict });
    await settle();
    expect(fake.watching).toEqual({ now: 1, starts: 1 });
    expect(fake.sessions.events).toHaveBeenCalledTimes(1);
    unmount();
    await settle();
    expect(fake.watching.now).toBe(0);
    expect(fake.listeners.size).toBe(0);
  });

  test('a new client replaces the previous one', async () => {
    const [one, two] = [fakeLatchkey(SIGNED_IN), fakeLatchkey({ ...SIGNED_IN, sessions: [HERE] })];
    const Count = () => <p>{useSessionManagement().sessions.length}</p>;
    const { container, rerender } = render(<LatchkeyProvider client={one.client}><Count /></LatchkeyProvider>);
    expect(container.textContent).toBe('3');
    rerender(<LatchkeyProvider client={two.client}><Count /></LatchkeyProvider>);
    await settle();
    expect(container.textContent).toBe('1');
    expect([one.watching.now, two.watching.now]).toEqual([0, 1]);
  });
});

describe('signing out', () => {
  test('a revoked session stays hidden when an older list arrives', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const answer = deferred<typeof REVOKE_RESPONSE>();
    fake.sessions.revoke.mockReturnValue(answer.promise);
    const { result } = hook(fake, ({ sessions, revokeSession }) => ({ sessions, revokeSession }));
    act(() => void result.current.revokeSession(PHONE.session_id));
    expect(ids(result.current.sessions)).toEqual(ids([HERE, ABROAD]));
    await act(async () => answer.resolve(REVOKE_RESPONSE));
    act(() => fake.set({ sessions: [HERE, PHONE, session({ ...ABROAD })] }));
    expect(ids(result.current.sessions)).toEqual(ids([HERE, ABROAD]));
    act(() => fake.set({ sessions: [HERE, ABROAD] }));
    expect(ids(result.current.sessions)).toEqual(ids([HERE, ABROAD]));
  });

  test('a session returns if the server refuses, and error has the reason', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.revoke.mockRejectedValue(latchkeyError('store_unavailable', { status: 503 }));
    const { result } = hook(fake, ({ sessions, error, revokeSession }) => ({ sessions, error, revokeSession }));
    let promise: Promise<unknown> = Promise.resolve();
    act(() => void (promise = result.current.revokeSession(PHONE.session_id)));
    expect(result.current.sessions).toHaveLength(2);
    await act(async () => expect(promise).rejects.toMatchObject({ code: 'store_unavailable' }));
    expect(result.current.sessions).toEqual([HERE, PHONE, ABROAD]);
    expect(result.current.error).toMatchObject({ code: 'store_unavailable' });
    fake.sessions.revoke.mockResolvedValue(REVOKE_RESPONSE);
    await act(async () => void (await result.current.revokeSession(PHONE.session_id)));
    expect(result.current.error).toBeNull();
  });

  test('a refusal of an ignored promise is not an unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.revoke.mockRejectedValue(latchkeyError('network'));
    const { result } = hook(fake, ({ revokeSession }) => revokeSession);
    act(() => void result.current(PHONE.session_id));
    await settle();
    vi.useRealTimers();
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('a session that had already ended stays hidden without an error', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.revoke.mockRejectedValue(latchkeyError('not_found', { status: 404 }));
    const { result } = hook(fake, ({ sessions, error, revokeSession }) => ({ sessions, error, revokeSession }));
    await act(async () => void (await result.current.revokeSession(PHONE.session_id)));
    expect(ids(result.current.sessions)).toEqual(ids([HERE, ABROAD]));
    expect(result.current.error).toBeNull();
  });

  test('all other sessions disappear at once and this one stays', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.revokeOthers.mockReturnValue(new Promise(() => {}));
    const { result } = hook(fake, ({ sessions, revokeOtherSessions }) => ({ sessions, revokeOtherSessions }));
    act(() => void result.current.revokeOtherSessions());
    expect(result.current.sessions).toEqual([HERE]);
  });

  test('the next user does not see local changes of the previous one', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValueOnce({ events: [securityEvent()], next: null });
    const { result } = hook(fake, ({ sessions, events, revokeSession }) => ({ sessions, events, revokeSession }));
    await settle();
    expect(result.current.events).toHaveLength(1);
    await act(async () => void (await result.current.revokeSession(PHONE.session_id)));
    act(() => fake.set(SIGNED_OUT));
    expect(result.current.events).toEqual([]);
    act(() => fake.set(SIGNED_IN));
    expect(result.current.sessions).toHaveLength(3);
  });
});

describe('the audit trail', () => {
  const page = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => securityEvent({ event_id: `event-${from + index}` }));

  test('concurrent calls of loadMoreEvents send one request', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValueOnce({ events: page(0, 2), next: 'cursor' });
    fake.sessions.events.mockResolvedValueOnce({ events: page(2, 4), next: null });
    const { result } = hook(fake, ({ events, loadMoreEvents }) => ({ events, loadMoreEvents }));
    await settle();
    await act(async () => void (await Promise.all([result.current.loadMoreEvents(), result.current.loadMoreEvents()])));
    expect(result.current.events.map(({ event_id }) => event_id)).toEqual(['event-0', 'event-1', 'event-2', 'event-3']);
    await act(async () => void (await result.current.loadMoreEvents()));
    expect(fake.sessions.events.mock.calls).toEqual([[], [{ cursor: 'cursor' }]]);
  });

  test('a change of the list loads the newest events and keeps older ones', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValueOnce({ events: page(1, 3), next: 'cursor' });
    fake.sessions.events.mockResolvedValueOnce({ events: page(0, 2), next: 'other' });
    const { result } = hook(fake, ({ events }) => events);
    await settle();
    act(() => fake.set({ sessions: [HERE] }));
    await settle();
    expect(result.current.map(({ event_id }) => event_id)).toEqual(['event-0', 'event-1', 'event-2']);
  });

  test('events that cannot be loaded are not requested in a loop', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockImplementation(async () => {
      fake.set({ error: latchkeyError('network') });
      throw latchkeyError('network');
    });
    hook(fake, ({ events }) => events);
    await settle();
    act(() => fake.set({ online: false }));
    await settle();
    expect(fake.sessions.events).toHaveBeenCalledTimes(1);
    act(() => fake.set({ error: null, online: true }));
    await settle();
    expect(fake.sessions.events.mock.calls.length).toBe(2);
  });
});

describe('without a browser and without a provider', () => {
  const Count = () => {
    const { sessions, status } = useSessionManagement();
    return <p>{`${status} ${sessions.length}`}</p>;
  };

  test('a server renders the unknown state and sends no request', () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const html = renderToString(<Count />, {});
    const given = renderToString(<LatchkeyProvider client={fake.client}><Count /></LatchkeyProvider>);
    expect([html, given]).toEqual(['<p>unknown 0</p>', '<p>unknown 0</p>']);
    expect(fake.client.subscribe).not.toHaveBeenCalled();
    expect(fake.watching.starts).toBe(0);
  });

  test('hydration starts with the HTML of the server and then shows the state', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const app = <LatchkeyProvider client={fake.client}><Count /></LatchkeyProvider>;
    const container = document.createElement('div');
    container.innerHTML = renderToString(app);
    const consoleError = vi.spyOn(console, 'error').mockImplementation(() => {});
    render(app, { container, hydrate: true });
    await settle();
    expect(container.textContent).toBe('signed-in 3');
    expect(consoleError).not.toHaveBeenCalled();
    consoleError.mockRestore();
  });

  test('the first use creates one client for /api/auth', () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const factory = vi.fn(() => fake.client);
    setDefaultClientFactory(factory);
    const { container } = render(<><Count /><Count /></>);
    expect(container.textContent).toBe('signed-in 3signed-in 3');
    expect(factory.mock.calls).toEqual([[{ baseUrl: '/api/auth' }]]);
  });
});
