/** What the parts share. */

import type { BackOff } from './back-off.js';
import type { Message } from './channel.js';
import type { LatchkeyError } from './errors.js';
import type { Pause } from './pause.js';
import type { HeldSession } from './session.js';
import type { Store } from './state.js';
import type { Answer, Call } from './transport.js';
import type { LatchkeyOptions } from './types.js';

/** Refreshing and reading fare apart: a list asked for too often must not cost the session its token. */
export type Kind = 'refresh' | 'read';

export interface Context {
  readonly options: LatchkeyOptions;
  readonly store: Store;
  readonly session: HeldSession;
  readonly tries: Readonly<Record<Kind, BackOff>>;
  readonly pause: Pause;
  /** Tells the other tabs. */
  tell(message: Message): void;
  /** Asks the API, as it is: no token is added and no 401 is looked at. */
  call(path: string, call: Call): Promise<Answer>;
  /** A request failed that nobody may be waiting for. */
  failed(kind: Kind, error: LatchkeyError): void;
  worked(kind: Kind): void;
  /** Thinks again about what is due, because something has come to an end. */
  plan(): void;
}
