/** How does the user begin and end a session in this browser? */

import type { StatusResponse, TokenResponse } from '../api-responses.js';
import { LatchkeyError } from '../errors.js';
import type { Refresher } from '../refresh/refresh.js';
import { keyHeader, previousKeys } from '../refresh-keys/refresh-keys.js';
import type { Context } from '../runtime/context.js';
import { hasLostDeviceKey } from '../session/session-state.js';
import type { ApiResponse } from '../transport/response.js';
import type { ApiRequest, Fetch } from '../transport/transport.js';
import type { Session } from '../types.js';
import { pageStorage } from '../util/page-storage.js';
import { createDeliveryQueue } from './retry-until-delivered.js';

export interface SignInOut {
  signIn(assertion: string): Promise<Session>;
  signOut(): Promise<void>;
  stop(): void;
}

/** A sign-in of this page. */
interface SignIn {
  readonly assertion: string;
  /** `null` while it is under way. */
  sessionId: string | null;
  result: Promise<Session> | null;
}

/** The last sign-in of this browser, with the end of its assertion: enough to recognise it, and of no use to a thief. */
interface SavedSignIn {
  readonly sessionId: string;
  readonly assertionEnd: string;
}

const ASSERTION_END = -16;

const COOKIES_BLOCKED = 'The browser blocks the cookies of this site: allow them, or use header mode';
/** `localhost` and `127.0.0.1` are two sites. Safari, unlike Chrome and Firefox, refuses `Secure` cookies of `http://localhost`. */
const ON_HTTP = '. On http, page and API need one host name, and Safari COOKIE_SECURE=false';

/** No epoch can undo a `Set-Cookie` that arrives late. Therefore the client asks the server afterwards which session the cookies name. */
export function signInOut(context: Context, { refresh, checkStatus, fetchStatus }: Refresher): SignInOut {
  const { session, store, binding, refreshKeys, refreshPause, broadcast, request, shareServerWait, reschedule } = context;
  const { retryUntilDelivered, stop } = createDeliveryQueue(context);
  const usesCookies = session.tokens === null;
  const saved = pageStorage<SavedSignIn>('local', `latchkey.sign-in:${context.api}`);
  let queue: Promise<unknown> = Promise.resolve();
  let lastSignIn: SignIn | null = null;

  /** Runs one operation at a time, while no tab refreshes. */
  const exclusively = <T>(operation: () => Promise<T>): Promise<T> => {
    const result = queue.then(async () => {
      refreshPause.begin();
      broadcast({ type: 'pause' });
      try {
        await refreshPause.whenIdle(refresh.pending());
        return await operation();
      } finally {
        refreshPause.end();
        broadcast({ type: 'resume' });
        reschedule();
      }
    });
    queue = result.catch(() => undefined);
    return result;
  };

  const revoke = (body: object, via: Fetch): Promise<ApiResponse> =>
    request('/revoke', { method: 'POST', expectedField: 'ended', body, keepalive: true }, via);

  /** The session that the cookies name; `null` in header mode, or if the request failed. */
  const cookieStatus = async (): Promise<StatusResponse | null> => (usesCookies ? fetchStatus().catch(() => null) : null);

  /** Whether the server left a session unbound that must be bound. */
  const isUnbound = (granted: TokenResponse): boolean => binding.isRequired && granted.binding === 'none';

  /** Ends the session that has just been opened, which no part of the client has taken over yet. */
  const endUnbound = async ({ refresh_token: token, session_id: id }: TokenResponse): Promise<never> => {
    const body = token === undefined ? { strategy: 'current' } : { strategy: 'token', token };
    await revoke(body, await binding.forSignOut(id)).catch(() => undefined);
    const status = await cookieStatus();
    if (status) session.acceptStatus(status);
    throw new LatchkeyError('session_unbound', 'The server has not bound the session: see SESSION_BINDING');
  };

  const logIn = async (assertion: string): Promise<TokenResponse> => {
    const [stored, via] = await Promise.all([refreshKeys.beginSignIn(), binding.forSignIn()]);
    const body = { assertion, delivery: usesCookies ? 'cookie' : 'body', ...previousKeys(stored.slice(1)) };
    // The record goes on without the keys before, which may be another user's.
    const keys = stored.slice(0, 1);
    const what: ApiRequest = { method: 'POST', expectedField: 'session_id', headers: keyHeader(keys), body };
    const granted = (await request('/login', what, via)).body as TokenResponse;
    refreshKeys.complete(keys);
    if (isUnbound(granted)) await endUnbound(granted);
    const previous = session.tokens?.get()?.refresh;
    const previousId = session.id();
    const isReplaced = previousId !== granted.session_id && previous !== granted.refresh_token;
    session.acceptTokens(granted, true);
    // In cookie mode the server ends the previous session, which the cookie names. Nothing waits for this request.
    if (previous !== undefined && isReplaced) {
      const replaced = { strategy: 'token', token: previous, ...previousKeys(stored) };
      void retryUntilDelivered(async () => revoke(replaced, await binding.forSignOut(previousId)), () => false);
    }
    return granted;
  };

  /** Opens a session and returns its id. A second attempt follows if the cookies name another session. */
  const openSession = async (assertion: string): Promise<string> => {
    for (let isLast = false; ; isLast = true) {
      const granted = await logIn(assertion);
      const status = await cookieStatus();
      if (status === null || (status.session_id === granted.session_id && status.state !== 'ended')) return granted.session_id;
      if (!isLast) continue;
      session.acceptStatus(status);
      if (status.session_id !== null && !hasLostDeviceKey(status)) return status.session_id;
      throw new LatchkeyError('cookies_blocked', COOKIES_BLOCKED + (context.api.startsWith('http:') ? ON_HTTP : ''));
    }
  };

  /** The live session that this assertion opened before a reload, or in another tab. */
  const openedBefore = async (assertion: string): Promise<string | null> => {
    const before = saved.get();
    if (before?.assertionEnd !== assertion.slice(ASSERTION_END)) return null;
    if (store.get().status === 'unknown') await checkStatus.run();
    if (binding.isRequired && session.binding() === 'none') return null;
    return before.sessionId === session.id() ? before.sessionId : null;
  };

  const run = async (signIn: SignIn): Promise<Session> => {
    const { assertion } = signIn;
    const id = signIn.sessionId ?? (await openedBefore(assertion)) ?? (await exclusively(() => openSession(assertion)));
    signIn.sessionId = id;
    saved.set({ sessionId: id, assertionEnd: assertion.slice(ASSERTION_END) });
    const response = request(`/sessions/${id}`, { expectedField: 'session_id' }, binding.authorized);
    response.catch((error: LatchkeyError) => shareServerWait('read', error));
    return (await response).body as Session;
  };

  /** Ends the session that this client had. */
  const endSession = async (id: string | null, refreshToken: string | undefined): Promise<void> => {
    const { session: epoch } = session.epoch;
    // At the same time, so that a storage that hangs delays the request only once.
    const [stored, via] = await Promise.all([refreshKeys.stored(), binding.forSignOut(id)]);
    const current = { strategy: 'current', ...previousKeys(stored) };
    const isCurrent = (): boolean => epoch === session.epoch.session;
    if (!usesCookies) {
      const body = { ...current, ...(refreshToken !== undefined && { refresh_token: refreshToken }) };
      return retryUntilDelivered(() => revoke(body, via), isCurrent);
    }
    const cookiesNameIt = async (): Promise<boolean> => {
      const { state, session_id } = await fetchStatus();
      return state !== 'none' && state !== 'ended' && (id === null || session_id === id);
    };
    let isFirstAttempt = true;
    return retryUntilDelivered(async () => {
      // A new sign-in has ended the session by its cookie. The session of the cookies by now must stay.
      if (!isCurrent()) return;
      const wasFirst = isFirstAttempt;
      isFirstAttempt = false;
      if (wasFirst) await revoke(current, via);
      if (await cookiesNameIt()) await revoke(current, via);
    }, isCurrent);
  };

  return {
    signIn(assertion) {
      const { sessionId } = lastSignIn ?? {};
      const isRepeated = lastSignIn?.assertion === assertion && (sessionId === null || sessionId === session.id());
      const current = isRepeated && lastSignIn ? lastSignIn : { assertion, sessionId: null, result: null };
      lastSignIn = current;
      const result = (current.result ??= run(current));
      result.catch(() => {
        if (current.sessionId === null && lastSignIn === current) lastSignIn = null;
        current.result = null;
      });
      return result;
    },
    signOut() {
      const id = session.id();
      const refreshToken = session.tokens?.get()?.refresh;
      lastSignIn = null;
      session.end('signed_out');
      return exclusively(async () => {
        // A sign-in that was under way when the user signed out has completed since.
        const laterToken = session.tokens?.get()?.refresh;
        session.end('signed_out');
        await endSession(id, laterToken ?? refreshToken);
      });
    },
    stop,
  };
}
