/** The types of what an administrator sees and does over all users. */

import type { components } from '../../api.js';
import type { RevokeResponse, SecurityEvent, Severity } from '../types.js';

type Schemas = components['schemas'];

/** An event of any user; `user_id` is null for an event about a network or about all users. */
export type FleetEvent = Schemas['FleetEvent'];
/** Numbers of the deployment, by hour. */
export type Overview = Schemas['Overview'];
/** A sign-in from a network. */
export type NetworkSignIn = Schemas['SignIns']['sign_ins'][number];
/** The matches of a search, at most one of each kind. */
export type SearchResult = Schemas['SearchResult'];
/** The suspension of a user and the revocations of their sessions. */
export type Revocations = Schemas['Revocations'];
/** The sessions from a network that end, or would end. */
export type NetworkRevocation = Schemas['NetworkRevocation'];

/** Which events to read. Times are ISO 8601; without them the server returns seven days. */
export interface FleetEventQuery {
  readonly severity?: Severity | undefined;
  readonly type?: SecurityEvent['event_type'] | undefined;
  readonly user_id?: string | undefined;
  /** An address, which stands for its network. */
  readonly network?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface PageQuery {
  /** 1 to 500. Default 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** A page of events, newest first. It may be empty although more follow: read on until `next` is null. */
export interface FleetEventPage {
  readonly events: readonly FleetEvent[];
  readonly next: string | null;
}

export interface SignInPage {
  /** In CIDR notation. */
  readonly network: string;
  readonly signIns: readonly NetworkSignIn[];
  readonly next: string | null;
}

/** The formats of an export. */
export type ExportFormat = 'csv' | 'ndjson';

/** A page of an export, as the server wrote it. */
export interface ExportPage {
  readonly text: string;
  readonly next: string | null;
}

/** Which sessions to end: those that were opened from the network at or after `from`. */
export interface NetworkCommand {
  readonly network: string;
  /** 1 to 200 characters; it is stored in the audit trail. */
  readonly reason: string;
  /** ISO 8601. Default: 24 hours before `as_of`. */
  readonly from?: string | undefined;
  readonly cursor?: string | undefined;
}

/**
 * All users of a deployment, for administrators; see `fleetOf`. Each call throws a `LatchkeyError`. Its code is `forbidden` without
 * the scope `latchkey:admin`, and `reauthentication_required` if a call that ends sessions needs a newer sign-in.
 */
export interface Fleet {
  /** The last hours, newest first, without those that were not counted. `hours`: 1 to 168. */
  overview(hours?: number): Promise<Overview>;
  events(query?: FleetEventQuery & PageQuery): Promise<FleetEventPage>;
  exportEvents(format: ExportFormat, query?: FleetEventQuery & PageQuery): Promise<ExportPage>;
  signIns(network: string, query?: PageQuery & Pick<FleetEventQuery, 'from' | 'to'>): Promise<SignInPage>;
  /** Finds a user, a session and a network by the exact text. */
  search(text: string): Promise<SearchResult>;
  revocations(userId: string): Promise<Revocations>;
  /** Ends the user's sessions and refuses new ones until `until`, or without it until the user is resumed. */
  suspend(userId: string, reason: string, until?: string | null): Promise<RevokeResponse>;
  /** Returns whether the user was suspended. */
  resume(userId: string, reason: string): Promise<boolean>;
  /** The sessions that `endNetwork` would end. It ends nothing. Users in `failed` could not be read. */
  previewNetwork(command: NetworkCommand & { readonly as_of?: string | undefined }): Promise<NetworkRevocation>;
  /** Send `from` and `as_of` of the preview, so that exactly what it listed ends. Users in `failed` still have sessions: call it again. */
  endNetwork(command: NetworkCommand & { readonly as_of: string }): Promise<NetworkRevocation>;
}
