/** What do the parts of a client share? */

import type { BackOff } from './back-off.js';
import type { Message } from './channel.js';
import type { LatchkeyError } from './errors.js';
import type { Flight } from './flight.js';
import type { Pause } from './pause.js';
import type { HeldSession } from './session.js';
import type { Store } from './state.js';
import type { Answer, Call, Fetch } from './transport.js';
import type { LatchkeyOptions, LatchkeyState, TokenStatus } from './types.js';

/** They fare apart: a list asked for too often must not cost the session its token, nor a refresh the status its answer. */
export type Kind = 'refresh' | 'status' | 'read';

export interface Context {
  readonly options: LatchkeyOptions;
  readonly store: Store;
  readonly session: HeldSession;
  readonly tries: Readonly<Record<Kind, BackOff>>;
  readonly pause: Pause;
  /** Tells the other tabs. */
  tell(message: Message): void;
  /** Asks the API, as it is: no token is added and no 401 is looked at, unless `via` does so. */
  call(path: string, call: Call, via?: Fetch): Promise<Answer>;
  /** Resolves once the other tabs have had the time to say what a new one must know. */
  greeted(): Promise<void>;
  /** Keeps what an answer asked for, in every tab. */
  hold(kind: Kind, error: LatchkeyError): void;
  /** Shows why there is no answer, and when the next try is. */
  show(kind: Kind, error: LatchkeyError, seconds: number, more?: Partial<LatchkeyState>): void;
  /** A request failed that nobody may be waiting for. */
  failed(kind: Kind, error: LatchkeyError): void;
  worked(kind: Kind): void;
  /** Thinks again about what is due, because something has come to an end. */
  plan(): void;
}

/** What a part that an app adds by using it can build on. */
export interface Core extends Context {
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly refresh: Flight<TokenStatus>;
  part<T>(make: Part<T>): T;
  /** From now on it takes part in what goes on. */
  join(member: Member): void;
}

/** Makes a part of a client. What an app does not use is not in its bundle. */
export type Part<T> = (core: Core) => T;

/** Who has timers, and may want to hear the other tabs. */
export interface Member {
  /** Thinks again, because something changed. */
  plan(): void;
  heard?(message: Message): void;
  stop(): void;
}
