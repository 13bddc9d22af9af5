/** Which messages do the tabs exchange? Times and states; tokens only in header mode. */

import type { SessionListResponse } from '../api-responses.js';
import type { Tokens } from '../token-store.js';
import type { RequestKind, ServerWait } from '../transport/backoff.js';
import type { Binding, EndReason } from '../types.js';

/** A sign-in or a refresh brought a new token. */
export interface TokenMessage {
  readonly type: 'token';
  readonly sessionId: string;
  readonly secondsLeft: number;
  readonly signIn: boolean;
  /** Seconds for which the token counts as new. */
  readonly newFor: number;
  readonly binding: Binding | null;
  readonly tokens: Tokens | null;
}

export type Message =
  | TokenMessage
  /** The session ended; `byServer` if the user did not ask for it. */
  | { readonly type: 'ended'; readonly sessionId: string | null; readonly reason: EndReason; readonly byServer: boolean }
  /** A tab signs in or out: start no request whose response could set an older cookie. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** A tab has started a refresh, or finished it. */
  | { readonly type: 'refreshing'; readonly tab: string; readonly active: boolean }
  /** The server sent a `Retry-After`, to this tab or to an earlier one. */
  | ({ readonly type: 'wait'; readonly kind: RequestKind } & ServerWait)
  /** This tab requests the session list now, for all tabs. */
  | { readonly type: 'poll' }
  /** The result of a poll; `list` is null if nothing has changed. */
  | { readonly type: 'session-list'; readonly sessionId: string | null; readonly etag: string | null; readonly list: SessionListResponse | null }
  /** A new tab asks for running server waits and, in header mode, for the tokens. */
  | { readonly type: 'tab-opened' };
