/** Ends the sessions from a network: first a preview of all of them, then exactly these. */

import type { Fleet, NetworkCommand, NetworkRevocation } from '../../../core/fleet/fleet-types.js';

export interface AffectedUser {
  readonly userId: string;
  readonly sessions: number;
}

export interface NetworkPreview {
  /** In CIDR notation, because the sessions of the whole network end if the command names one address. */
  readonly network: string;
  readonly reason: string;
  readonly from: string;
  /** Sessions that were opened later are not affected. */
  readonly asOf: string;
  readonly users: readonly AffectedUser[];
  readonly sessions: number;
  /** Users whose sessions could not be read. Those that match end, too, if the next call can read them. */
  readonly failed: readonly string[];
}

export interface NetworkResult {
  readonly users: number;
  readonly sessions: number;
  /** Users whose sessions could not be ended: some of them may be live. */
  readonly failed: readonly string[];
  /** Pages that are still open stop working by then; ISO 8601. */
  readonly expireBy: string;
}

type Progress = (sessions: number) => void;

/** Reads all pages of what would end. `onProgress` gets the number of sessions so far. Rejects with the signal's reason after an abort. */
export async function previewNetwork(
  fleet: Pick<Fleet, 'previewNetwork'>,
  command: NetworkCommand & { readonly from: string },
  onProgress: Progress,
  signal: AbortSignal,
): Promise<NetworkPreview> {
  const all = collect(onProgress);
  let page = await fleet.previewNetwork(command);
  const { as_of: asOf, from, network } = page;
  for (;;) {
    all.add(page);
    if (page.next_cursor === null) break;
    signal.throwIfAborted();
    page = await fleet.previewNetwork({ ...command, from, as_of: asOf, cursor: page.next_cursor });
  }
  const users = [...all.users].map(([userId, sessions]) => ({ userId, sessions })).sort((a, b) => b.sessions - a.sessions);
  return { network, reason: command.reason, from, asOf, users, sessions: all.sessions(), failed: [...all.failed] };
}

/** Ends what the preview has listed. `onProgress` gets the number of ended sessions so far, also before a failure. */
export async function endNetwork(fleet: Pick<Fleet, 'endNetwork'>, preview: NetworkPreview, onProgress: Progress): Promise<NetworkResult> {
  const { network, reason, from, asOf } = preview;
  const all = collect(onProgress);
  let cursor: string | undefined;
  for (;;) {
    const page = await fleet.endNetwork({ network, reason, from, as_of: asOf, cursor });
    all.add(page);
    if (page.next_cursor === null) return { users: all.users.size, sessions: all.sessions(), failed: [...all.failed], expireBy: page.access_tokens_expire_by };
    cursor = page.next_cursor;
  }
}

/** Adds up pages. A user can be on several of them. */
function collect(onProgress: Progress) {
  const users = new Map<string, number>();
  const failed = new Set<string>();
  const sessions = (): number => [...users.values()].reduce((sum, count) => sum + count, 0);
  const add = (page: NetworkRevocation): void => {
    for (const { user_id: id, session_ids: ids } of page.users) users.set(id, (users.get(id) ?? 0) + ids.length);
    for (const id of page.failed) failed.add(id);
    onProgress(sessions());
  };
  return { users, failed, sessions, add };
}
