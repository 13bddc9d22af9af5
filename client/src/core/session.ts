/** Which session is held, until when, and whose turn is it? Nothing else writes `status`, `token` or the tokens. */

import type { Message } from './channel.js';
import { countdown } from './clock.js';
import { LatchkeyError } from './errors.js';
import type { TokenStore } from './header-mode.js';
import { NOTHING, UNKNOWN_STATE, type Store } from './state.js';
import type { components } from '../api.js';
import type { EndReason, LatchkeyOptions, LatchkeyState, TokenStatus } from './types.js';

type Status = components['schemas']['Status'];
/** What a login and a refresh have in common. */
export type Granted = components['schemas']['Tokens'];

/** A token younger than this is not refreshed by itself, so that a session's last seconds are no loop. */
const REST_SECONDS = 30;

/**
 * The session, and its epochs: an answer that started under an older one is dropped.
 *
 * `token` moves with every token, `owner` with every sign-in, sign-out and other session.
 */
export interface HeldSession {
  readonly epoch: { token: number; owner: number };
  /** Header mode's; cookies are nobody's to see. */
  readonly tokens: TokenStore | null;
  id(): string | null;
  /** What a call of our own shows where no cookie goes along. */
  headers(): Record<string, string> | undefined;
  /**
   * When the newest token ends that was granted here or in a tab we heard of, as the server said it: names it without showing it.
   * A status names none: it may be of a token that another tab has just got.
   */
  ends(): string | null;
  /** Seconds left. */
  left(): number;
  /** Seconds until it should be refreshed. */
  due(): number;
  /** Seconds until the token's state has another name. */
  fades(): number;
  status(): TokenStatus;
  /** The token grew older: says so, if that changes anything. */
  touch(): void;
  granted(answer: Granted, signIn: boolean): void;
  learnt(answer: Status): void;
  /** Whether it was news. */
  heard(message: Message & { type: 'token' }): boolean;
  /** `byServer`: nobody here asked for it. `aloud` is false where another tab said it. */
  end(reason: EndReason | null, byServer?: boolean, aloud?: boolean): void;
  /** Tells a new tab the tokens, in header mode: cookies it has. */
  introduce(): void;
}

export function heldSession(store: Store, tokens: TokenStore | null, tell: (message: Message) => void, options: LatchkeyOptions): HeldSession {
  const epoch = { token: 0, owner: 0 };
  let id: string | null = null;
  let lastEnded: string | null = null;
  let ends: string | null = null;
  let left = countdown(0);
  let before = 0;
  let jitter = 1;
  let expiresAt: string | null = null;
  let canRefresh = false;

  const status = (current = store.get()): TokenStatus => {
    if (current.status !== 'signed-in') {
      const state = current.status === 'unknown' ? 'unknown' : current.endedReason === null ? 'none' : 'ended';
      return { ...UNKNOWN_STATE.token, state };
    }
    const seconds = left();
    const state = seconds <= 0 ? 'expired' : seconds <= before ? 'expiring' : 'valid';
    const needsRefresh = canRefresh && state !== 'valid';
    return { state, expiresAt, expiresIn: Math.max(0, Math.ceil(seconds)), needsRefresh, canRefresh, sessionId: id };
  };

  const show = (change: Partial<LatchkeyState>): void => store.set({ ...change, token: status({ ...store.get(), ...change }) });

  /** Another token, perhaps of another session; `granted` is the end of one that was granted, and null for a status. */
  const hold = (session: string, seconds: number, refreshable: boolean, granted: string | null): void => {
    left = countdown(seconds);
    if (granted !== null || session !== id) ends = granted;
    expiresAt = new Date(Date.now() + seconds * 1000).toISOString();
    before = options.refreshBefore ?? 300;
    if (granted !== null) before = Math.min(before, seconds / 2, seconds - REST_SECONDS);
    jitter = 1 - Math.random() / 10;
    canRefresh = refreshable;
    // The first answer of all names the session that calls already in the air are about.
    const other = session !== id && store.get().status !== 'unknown';
    if (other) epoch.owner++;
    id = session;
    show({ status: 'signed-in', endedReason: null, ...(other && NOTHING) });
  };

  const post = (signIn: boolean): void => {
    if (id !== null) tell({ type: 'token', id, left: left(), ends, signIn, tokens: tokens?.get() ?? null });
  };

  const end: HeldSession['end'] = (reason, byServer = false, aloud = true) => {
    if (store.get().status === 'signed-out') return;
    const ended = id;
    epoch.token++;
    epoch.owner++;
    lastEnded = ended;
    id = null;
    tokens?.remove();
    const error = byServer ? new LatchkeyError('session_ended', 'The session has ended.', { status: 401 }) : null;
    show({ status: 'signed-out', endedReason: reason, ...NOTHING, error });
    if (reason === null) return;
    if (aloud) tell({ type: 'ended', id: ended, reason, byServer });
    // Later, so that an app that throws there stops nothing here.
    queueMicrotask(() => options.onSignedOut?.(reason));
  };

  return {
    epoch,
    tokens,
    id: () => id,
    headers() {
      const held = tokens?.get();
      return held ? { authorization: `Bearer ${held.access}` } : undefined;
    },
    ends: () => ends,
    left: () => left(),
    due: () => left() - (canRefresh ? before * jitter : 0),
    fades: () => left() - (left() > before ? Math.max(before, 0) : 0),
    status: () => status(),
    touch() {
      const { token } = store.get();
      const now = status();
      if (now.state !== token.state) store.set({ token: now });
    },
    granted(answer, signIn) {
      const { access_token: access, refresh_token: refresh } = answer;
      if (tokens && access !== undefined && refresh !== undefined) tokens.set({ access, refresh });
      if (signIn) epoch.owner++;
      epoch.token++;
      hold(answer.session_id, answer.expires_in, true, answer.expires_at);
      post(signIn);
    },
    learnt(answer) {
      if (answer.state === 'ended') end(answer.reason ?? 'expired', true);
      else if (answer.session_id === null) end(null);
      // Its sign-out may still be on its way; the cookies do not know.
      else if (answer.session_id !== lastEnded) hold(answer.session_id, answer.expires_in, answer.can_refresh, null);
    },
    heard({ id: session, left: seconds, ends: granted, signIn, tokens: theirs }) {
      // A refresh that landed while its session was being ended must not bring it back.
      if (session === lastEnded) return false;
      const here = store.get().status === 'signed-in';
      if (here && (session === id ? seconds < left() - 2 : !signIn)) return false;
      if (tokens && theirs) tokens.set(theirs);
      epoch.token++;
      hold(session, seconds, true, granted);
      return true;
    },
    end,
    introduce: () => tokens && post(false),
  };
}
