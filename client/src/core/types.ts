/** The public types of the client: its options, its state, its methods and its errors. */

import type { components } from '../api.js';
import type { TokenMode } from './token-store.js';

type Schemas = components['schemas'];

/** A session, as the API returns it. */
export type Session = Schemas['Session'];
/** Statistics over a user's sessions. */
export type Analytics = Schemas['Analytics'];
/** Advice for the user, for example to sign out of a device that has not been used for long. */
export type Recommendation = Schemas['Recommendation'];
/** An entry of the audit trail. */
export type SecurityEvent = Schemas['Event'];
/** How severe an event is. */
export type Severity = Schemas['Severity'];
/** Why a session ended, in the detail that its user may see. `key_lost`: this browser has lost the key that the session is bound to. */
export type EndReason = Schemas['EndReason'] | 'key_lost';
/** How a session is bound to its browser: by a key that proofs show (RFC 9449), or by a key of the device that the browser itself proves. */
export type Binding = Schemas['Binding'];
/** Whether a sign-in binds its session to a key of this browser. */
export type BindingPolicy = 'off' | 'prefer' | 'require';

/** The state of this client's own access token. */
export interface TokenStatus {
  readonly state: 'unknown' | 'none' | 'valid' | 'expiring' | 'expired' | 'ended';
  /** ISO 8601, by this device's clock; `null` if there is no token. */
  readonly expiresAt: string | null;
  /** Seconds left when this value was computed. They count from the receipt of the token, not by the device's clock. */
  readonly expiresIn: number;
  readonly needsRefresh: boolean;
  readonly canRefresh: boolean;
  readonly sessionId: string | null;
}

/** A code of the API, or one of the client's own. */
export type ErrorCode = Schemas['Code'] | 'network' | 'timeout' | 'not_latchkey' | 'cookies_blocked' | 'key_unavailable' | 'session_unbound';

/** The state of the client. An immutable snapshot: `getState()` returns the same reference until something changes. */
export interface LatchkeyState {
  readonly status: 'unknown' | 'signed-in' | 'signed-out';
  readonly endedReason: EndReason | null;
  readonly token: TokenStatus;
  /** The user that `sessions` belong to; `null` before the first list. */
  readonly userId: string | null;
  /** The caller's own session first; `null` before the first list. */
  readonly sessions: readonly Session[] | null;
  readonly analytics: Analytics | null;
  readonly recommendations: readonly Recommendation[];
  readonly sessionLimit: number | null;
  /** When the server last confirmed the list, by this device's clock, in milliseconds; `null` for a list from before a reload. */
  readonly confirmedAt: number | null;
  /**
   * Milliseconds by which the server's clock is ahead of this device's, which may be wrong. `Date.now() +
   * serverTimeOffset` is the server's time. Zero if the two differ by no more than two seconds.
   */
  readonly serverTimeOffset: number;
  readonly online: boolean;
  /** Whether the list may be out of date, because the last request for it failed. */
  readonly stale: boolean;
  readonly error: LatchkeyErrorLike | null;
  /** When the client tries again by itself, by this device's clock, in milliseconds. */
  readonly retryAt: number | null;
}

/** The fields of every error of the client. */
export interface LatchkeyErrorLike extends Error {
  readonly code: ErrorCode;
  /** The HTTP status; `null` if there was no response. */
  readonly status: number | null;
  /** Seconds after which the server accepts another request; `null` if it named none. */
  readonly retryAfter: number | null;
  readonly requestId: string | null;
}

/** Which sessions a call ended. Offline checks may accept their access tokens until `access_tokens_expire_by`. */
export interface RevokeResponse {
  readonly ended: number;
  readonly session_ids: readonly string[];
  readonly access_tokens_expire_by: string;
}

/** A page of the audit trail, newest event first. */
export interface EventPage {
  readonly events: readonly SecurityEvent[];
  /** The `cursor` of the next page; `null` on the last one. */
  readonly next: string | null;
}

/** Which events to read. */
export interface EventQuery {
  readonly cursor?: string;
  readonly limit?: number;
  readonly type?: string;
  readonly severity?: Severity;
}

/**
 * The options of `createLatchkey`.
 *
 * ```ts
 * createLatchkey({ baseUrl: '/api/auth', refreshBefore: 120, onError: (error) => report(error.code, error.requestId) });
 * ```
 */
export interface LatchkeyOptions {
  /** Where the API is. Default `/api/auth`. */
  readonly baseUrl?: string;
  /** Default: tokens stay in HttpOnly cookies. `headerMode()` sends them in headers. */
  readonly mode?: TokenMode;
  /**
   * Whether a sign-in binds its session to a key of this browser, so that a copied cookie or refresh token is useless. `require`
   * fails a sign-in that the server leaves unbound, and ends its session. Default `prefer`.
   */
  readonly binding?: BindingPolicy;
  /** Seconds before its expiry at which a token is refreshed. Default 300. */
  readonly refreshBefore?: number;
  /** Seconds between two polls of the session list while it is watched. Default 10. */
  readonly pollEvery?: number;
  /** Default: the global `fetch`, looked up for each request, so that it may be replaced later. */
  readonly fetch?: typeof globalThis.fetch;
  /** Name of the BroadcastChannel between the tabs. The default is derived from `baseUrl`. */
  readonly channel?: string;
  /** Called when the session has ended, in this tab or elsewhere; never for a visitor without a session. */
  readonly onSignedOut?: (reason: EndReason) => void;
  /** Called for a request that the client made by itself and that failed. */
  readonly onError?: (error: LatchkeyErrorLike) => void;
}

/** The sessions of the signed-in user; see `sessionsOf`. Each call throws a `LatchkeyError`. */
export interface Sessions {
  list(): Promise<readonly Session[]>;
  get(id: string): Promise<Session>;
  revoke(id: string): Promise<RevokeResponse>;
  revokeOthers(): Promise<RevokeResponse>;
  /** Ends every session of the user, including this one. */
  revokeAll(): Promise<RevokeResponse>;
  events(query?: EventQuery): Promise<EventPage>;
  /** Polls the list while the tab is visible, one tab for all tabs; returns a function that stops it. */
  watch(): () => void;
}

/** A client; `createLatchkey` makes one. */
export interface Latchkey {
  getState(): LatchkeyState;
  /** The first subscriber starts the timers, the last one to leave stops them. Returns a function that unsubscribes. */
  subscribe(listener: () => void): () => void;
  /**
   * Signs in with the assertion of your identity provider. While its session lives, a repeated call with the same
   * assertion opens no other session and returns that one.
   */
  signIn(assertion: string): Promise<Session>;
  /** Signs out at once in all tabs; the request is repeated until the server has received it. */
  signOut(): Promise<void>;
  /** Refreshes the token now. Calls that overlap share one request. */
  refresh(): Promise<TokenStatus>;
  /** Stops timers, listeners, channel and requests. May be called twice. */
  dispose(): void;
}
