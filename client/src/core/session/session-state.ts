/** Which session does the client have, and until when? Only this file writes `status`, `token` and the token store. */

import type { StatusResponse, TokenResponse } from '../api-responses.js';
import { LatchkeyError } from '../errors.js';
import type { Message, TokenMessage } from '../tabs/messages.js';
import type { TokenStore } from '../token-store.js';
import type { Binding, EndReason, LatchkeyOptions, LatchkeyState, TokenStatus } from '../types.js';
import { callApp } from '../util/call-app.js';
import { countdown } from '../util/countdown.js';
import type { Store } from '../util/store.js';
import { SIGNED_OUT_STATE, UNKNOWN_STATE } from './initial-state.js';

/** The client does not refresh a token younger than this by itself, because a session's last seconds would be a busy loop. */
const YOUNGEST_SECONDS = 30;
/**
 * A 401 for a token that was granted less than these seconds ago has another cause than the token's age, for example a
 * backend that expects another audience. It is the leeway that all parts of Latchkey give to clocks.
 */
const NEW_SECONDS = 60;
/** Between two questions for the status of a device-bound session, whose token the browser may be unable to renew for a while. */
const DEVICE_BOUND_SECONDS = 60;
/** Milliseconds for which a tab keeps a session whose key seems lost, because a proxy may have dropped a header once. */
const LOST_KEY_GRACE = 20_000;
/** Milliseconds. A smaller difference of the clocks may be the time that the response took. */
const CLOCK_TOLERANCE = 2_000;

/**
 * The session, and the epochs by which a late response is recognized and dropped.
 *
 * `epoch.token` increases with every token, `epoch.session` with every sign-in, sign-out and change of session.
 */
export interface SessionState {
  readonly epoch: { token: number; session: number };
  /** Header mode only; no script can read the cookies. */
  readonly tokens: TokenStore | null;
  id(): string | null;
  /** How the session is bound; `null` before the first response. */
  binding(): Binding | null;
  /** When this tab last received a token or the status, by this device's clock; when it was opened, if it has received none. */
  knownSince(): number;
  secondsLeft(): number;
  /** Whether the token was granted moments ago, to this tab or to another one. */
  isTokenNew(): boolean;
  /** Notes the time of the server, from a response that has just arrived. */
  setServerTime(iso: string): void;
  secondsToRefresh(): number;
  /** Seconds until the token becomes `expiring` or `expired`. */
  secondsToNextState(): number;
  tokenStatus(): TokenStatus;
  /** Updates the state of the token, which changes with time alone. */
  updateTokenState(): void;
  acceptTokens(response: TokenResponse, signIn: boolean): void;
  /** `askedAt`: when the request was sent, because another tab may have received a token since then. */
  acceptStatus(response: StatusResponse, askedAt?: number): void;
  /** Returns whether the message was news. */
  acceptMessage(message: TokenMessage): boolean;
  /**
   * `byServer`: the user did not ask for it. `broadcast` is false if another tab has sent the news, and for a lost key, because
   * the other tabs find out by themselves.
   */
  end(reason: EndReason | null, byServer?: boolean, broadcast?: boolean): void;
  /** Sends a new tab the tokens, in header mode; in cookie mode the tab has the cookies. */
  shareTokens(): void;
}

/** A browser with its key renews the token before it asks, or the server sees from a header that it could not. */
export const hasLostDeviceKey = ({ binding, state, can_refresh }: StatusResponse): boolean => binding === 'dbsc' && state === 'expired' && !can_refresh;

export function createSessionState(
  store: Store<LatchkeyState>,
  tokens: TokenStore | null,
  broadcast: (message: Message) => void,
  options: LatchkeyOptions,
  retireKey: () => void,
): SessionState {
  const epoch = { token: 0, session: 0 };
  let id: string | null = null;
  let lastEndedId: string | null = null;
  let knownSince = Date.now();
  let secondsLeft = countdown(0);
  let newFor = countdown(0);
  let refreshBefore = 0;
  let keyLostSince = 0;
  let jitter = 1;
  let expiresAt: string | null = null;
  let canRefresh = false;
  let binding: Binding | null = null;

  const tokenStatus = (current = store.get()): TokenStatus => {
    if (current.status !== 'signed-in') {
      const state = current.status === 'unknown' ? 'unknown' : current.endedReason === null ? 'none' : 'ended';
      return { ...UNKNOWN_STATE.token, state };
    }
    const seconds = secondsLeft();
    const state = seconds <= 0 ? 'expired' : seconds <= refreshBefore ? 'expiring' : 'valid';
    const needsRefresh = canRefresh && state !== 'valid';
    return { state, expiresAt, expiresIn: Math.max(0, Math.ceil(seconds)), needsRefresh, canRefresh, sessionId: id };
  };

  const update = (change: Partial<LatchkeyState>): void => store.set({ ...change, token: tokenStatus({ ...store.get(), ...change }) });

  /** Takes over a token, perhaps of another session, that was granted or that a status describes. */
  const setToken = (sessionId: string, seconds: number, bound: Binding | null, refreshable: boolean, isGranted: boolean, newSeconds = 0): void => {
    binding = bound;
    if (refreshable) keyLostSince = 0;
    secondsLeft = countdown(seconds);
    newFor = countdown(newSeconds);
    expiresAt = new Date(Date.now() + seconds * 1000).toISOString();
    refreshBefore = options.refreshBefore ?? 300;
    if (isGranted) refreshBefore = Math.min(refreshBefore, seconds / 2, seconds - YOUNGEST_SECONDS);
    jitter = 1 - Math.random() / 10;
    // The browser itself renews the token of a device-bound session, before it sends any request.
    canRefresh = refreshable && binding !== 'dbsc';
    // The first response names the session that requests already under way belong to: it changes nothing.
    const isOther = sessionId !== id && store.get().status !== 'unknown';
    if (isOther) epoch.session++;
    id = sessionId;
    update({ status: 'signed-in', endedReason: null, ...(isOther && SIGNED_OUT_STATE) });
  };

  const broadcastToken = (signIn: boolean): void => {
    if (id === null) return;
    const message = { sessionId: id, secondsLeft: secondsLeft(), newFor: newFor(), signIn, binding };
    broadcast({ type: 'token', ...message, tokens: tokens?.get() ?? null });
  };

  const end: SessionState['end'] = (reason, byServer = false, tellTabs = reason !== 'key_lost') => {
    if (store.get().status === 'signed-out') return;
    epoch.token++;
    epoch.session++;
    lastEndedId = id;
    id = null;
    binding = null;
    tokens?.remove();
    const error = byServer ? new LatchkeyError('session_ended', 'The session has ended.', { status: 401 }) : null;
    update({ status: 'signed-out', endedReason: reason, ...SIGNED_OUT_STATE, error });
    if (reason === null) return;
    // Not after the message of another tab, because that tab may have signed in since with a new key.
    if (tellTabs || reason === 'key_lost') retireKey();
    if (tellTabs) broadcast({ type: 'ended', sessionId: lastEndedId, reason, byServer });
    queueMicrotask(() => void callApp(() => options.onSignedOut?.(reason)));
  };

  return {
    epoch,
    tokens,
    id: () => id,
    binding: () => binding,
    knownSince: () => knownSince,
    secondsLeft: () => secondsLeft(),
    isTokenNew: () => secondsLeft() > 0 && newFor() > 0,
    setServerTime(iso) {
      const serverTimeOffset = Date.parse(iso) - Date.now();
      if (Math.abs(serverTimeOffset - store.get().serverTimeOffset) > CLOCK_TOLERANCE) store.set({ serverTimeOffset });
    },
    secondsToRefresh() {
      if (binding === 'dbsc') return Math.max(secondsLeft(), (knownSince - Date.now()) / 1000 + DEVICE_BOUND_SECONDS);
      return secondsLeft() - (canRefresh ? refreshBefore * jitter : 0);
    },
    secondsToNextState: () => secondsLeft() - (secondsLeft() > refreshBefore ? Math.max(refreshBefore, 0) : 0),
    tokenStatus: () => tokenStatus(),
    updateTokenState() {
      const token = tokenStatus();
      if (token.state !== store.get().token.state) store.set({ token });
    },
    acceptTokens(response, signIn) {
      const { access_token: access, refresh_token: refresh } = response;
      const isBound = response.token_type === 'DPoP';
      if (tokens && access !== undefined && refresh !== undefined) tokens.set({ access, refresh, isBound });
      if (signIn) epoch.session++;
      epoch.token++;
      knownSince = Date.now();
      // Without an access token in the response, as for a device-bound session, the one before stays.
      const { expires_in: seconds } = response;
      if (seconds === undefined) setToken(response.session_id, response.session_id === id ? secondsLeft() : 0, response.binding, true, false);
      else setToken(response.session_id, seconds, response.binding, true, true, NEW_SECONDS);
      broadcastToken(signIn);
    },
    acceptStatus(response, askedAt = Date.now()) {
      knownSince = askedAt;
      this.setServerTime(response.server_time);
      const sessionId = response.session_id;
      const isLost = hasLostDeviceKey(response);
      if (response.state === 'ended') end(response.reason ?? 'expired', true);
      else if (sessionId === null) end(null);
      // The lost key of another session is no reason why the one of this tab has ended.
      else if (isLost && (sessionId !== id || Date.now() - (keyLostSince ||= Date.now()) >= LOST_KEY_GRACE))
        end(id && sessionId !== id ? null : 'key_lost');
      // The cookies may still name a session whose sign-out is under way. A key that works was not lost.
      else if (sessionId !== lastEndedId || (response.expires_in > 0 && store.get().endedReason === 'key_lost'))
        setToken(sessionId, response.expires_in, response.binding ?? 'none', response.can_refresh, false);
    },
    acceptMessage({ sessionId, secondsLeft: seconds, newFor: newSeconds, signIn, binding: bound, tokens: sharedTokens }) {
      // A refresh that completed while its session was being ended must not bring the session back.
      if (sessionId === lastEndedId) return false;
      const isSignedIn = store.get().status === 'signed-in';
      if (isSignedIn && (sessionId === id ? seconds < secondsLeft() - 2 : !signIn)) return false;
      if (tokens && sharedTokens) tokens.set(sharedTokens);
      epoch.token++;
      knownSince = Date.now();
      setToken(sessionId, seconds, bound ?? null, true, true, newSeconds);
      return true;
    },
    end,
    shareTokens: () => tokens && broadcastToken(false),
  };
}
