/** The words of the client: what its state says, what it can be told, what can go wrong. */

import type { components } from '../api.js';
import type { Part } from './context.js';
import type { Mode } from './header-mode.js';

type Schemas = components['schemas'];

/** A session, as the API shows it. */
export type Session = Schemas['Session'];
/** Numbers over a user's sessions. */
export type Analytics = Schemas['Analytics'];
/** Something the user should look at. */
export type Recommendation = Schemas['Recommendation'];
/** A line of the audit trail. */
export type SecurityEvent = Schemas['Event'];
/** How bad an event is. */
export type Severity = Schemas['Severity'];
/** Why a session ended, as its user may know it. */
export type EndReason = Schemas['EndReason'];

/** Where this client's own token stands. */
export interface TokenStatus {
  readonly state: 'unknown' | 'none' | 'valid' | 'expiring' | 'expired' | 'ended';
  /** ISO 8601, by this device's clock; `null` when there is none. */
  readonly expiresAt: string | null;
  /** Seconds left when it was asked for, counted from receipt and not by the device's clock. */
  readonly expiresIn: number;
  readonly needsRefresh: boolean;
  readonly canRefresh: boolean;
  readonly sessionId: string | null;
}

/** `code` is the API's, or one of the client's own. */
export type ErrorCode = Schemas['Code'] | 'network' | 'timeout' | 'not_latchkey' | 'cookies_blocked';

/** What the client knows. The same reference until something changed. */
export interface LatchkeyState {
  readonly status: 'unknown' | 'signed-in' | 'signed-out';
  readonly endedReason: EndReason | null;
  readonly token: TokenStatus;
  /** Whose they are: known with the first list. */
  readonly userId: string | null;
  /** The caller's own session first; `null` before the first answer. */
  readonly sessions: readonly Session[] | null;
  readonly analytics: Analytics | null;
  readonly recommendations: readonly Recommendation[];
  readonly sessionLimit: number | null;
  /** When the list was last confirmed by the server, by this device's clock, in milliseconds. */
  readonly confirmedAt: number | null;
  readonly online: boolean;
  /** What is shown may have changed since: the last call for it failed. */
  readonly stale: boolean;
  readonly error: LatchkeyErrorLike | null;
  /** When the next attempt is made by itself, by this device's clock, in milliseconds. */
  readonly retryAt: number | null;
}

/** What every error of the client has. */
export interface LatchkeyErrorLike extends Error {
  readonly code: ErrorCode;
  readonly status: number | null;
  /** Seconds. */
  readonly retryAfter: number | null;
  readonly requestId: string | null;
}

/** What ended, and until when an access token that is only checked offline may still be taken. */
export interface Ended {
  readonly ended: number;
  readonly session_ids: readonly string[];
  readonly access_tokens_expire_by: string;
}

/** A page of the audit trail, newest first. */
export interface EventPage {
  readonly events: readonly SecurityEvent[];
  readonly next: string | null;
}

/** Which events to read. */
export interface EventQuery {
  readonly cursor?: string;
  readonly limit?: number;
  readonly type?: string;
  readonly severity?: Severity;
}

/** How a client is made. */
export interface LatchkeyOptions {
  /** Default `/api/auth`. */
  readonly baseUrl?: string;
  /** Tokens stay in HttpOnly cookies unless this is what `headerMode()` returns. */
  readonly mode?: Mode;
  /** Seconds before expiry at which a token is refreshed. Default 300. */
  readonly refreshBefore?: number;
  /** Seconds between polls while somebody watches. Default 10. */
  readonly pollEvery?: number;
  /** Default the global one, called late so that it may be replaced. */
  readonly fetch?: typeof globalThis.fetch;
  /** Name of the BroadcastChannel. Default `latchkey`. */
  readonly channel?: string;
  readonly onSignedOut?: (reason: EndReason) => void;
  readonly onError?: (error: LatchkeyErrorLike) => void;
}

/** A user's sessions, as `sessionsOf` gives them. Each call throws a `LatchkeyError`. */
export interface Sessions {
  list(): Promise<readonly Session[]>;
  get(id: string): Promise<Session>;
  revoke(id: string): Promise<Ended>;
  revokeOthers(): Promise<Ended>;
  /** Every session of the user, this one too. */
  revokeAll(): Promise<Ended>;
  events(query?: EventQuery): Promise<EventPage>;
  /** Polls while the tab is visible, one tab for all; returns what stops it. */
  watch(): () => void;
}

/** The client. */
export interface Latchkey {
  getState(): LatchkeyState;
  /** The first subscriber starts the timers, the last one stops them; returns unsubscribe. */
  subscribe(listener: () => void): () => void;
  signIn(assertion: string): Promise<Session>;
  signOut(): Promise<void>;
  /** One flight, however often it is called. */
  refresh(): Promise<TokenStatus>;
  /** What `fetchOf` and `sessionsOf` add: made once, when it is first asked for. */
  part<T>(make: Part<T>): T;
  /** Timers, listeners, channel and requests are gone afterwards; may be called twice. */
  dispose(): void;
}
