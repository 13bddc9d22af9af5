/** What do the parts of a client share? */

import type { SessionBinding } from '../binding/session-binding.js';
import type { RefreshKeys } from '../refresh-keys/refresh-keys.js';
import type { SessionState } from '../session/session-state.js';
import type { Message } from '../tabs/messages.js';
import type { RefreshPause } from '../tabs/refresh-pause.js';
import type { ApiResponse } from '../transport/response.js';
import type { ApiRequest, Fetch } from '../transport/transport.js';
import type { LatchkeyOptions, LatchkeyState, TokenStatus } from '../types.js';
import type { SingleFlight } from '../util/single-flight.js';
import type { Store } from '../util/store.js';
import type { RequestOutcomes } from './request-outcomes.js';

export interface Context extends RequestOutcomes {
  readonly options: LatchkeyOptions;
  readonly baseUrl: string;
  /** The absolute `baseUrl`, which names the API in channels and storages. */
  readonly api: string;
  readonly fetch: Fetch;
  readonly store: Store<LatchkeyState>;
  readonly session: SessionState;
  readonly binding: SessionBinding;
  readonly refreshKeys: RefreshKeys;
  readonly refreshPause: RefreshPause;
  /** Sends a message to the other tabs. */
  broadcast(message: Message): void;
  /** Resolves once the other tabs have had the time to send what a new tab must know. */
  peersReady(): Promise<void>;
  /** Sends a request as it is: only an authenticated `via` adds a token and handles a 401. */
  request(path: string, request: ApiRequest, via?: Fetch): Promise<ApiResponse>;
  /** Sets all timers again, because something has changed that they depend on. */
  reschedule(): void;
}

/** The parts that an add-on, such as `sessionsOf`, can use. */
export interface Internals extends Context {
  readonly refresh: SingleFlight<TokenStatus>;
  addOn<T>(create: AddOn<T>): T;
  /** Adds a part with timers. */
  addParticipant(participant: Participant): void;
}

/** Creates an add-on of a client. An app's bundle contains only the add-ons that it uses. */
export type AddOn<T> = (internals: Internals) => T;

/** A part that has timers, and may read the messages of other tabs. */
export interface Participant {
  /** Sets its timers again. */
  reschedule(): void;
  onMessage?(message: Message): void;
  stop(): void;
}
