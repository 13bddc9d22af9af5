/** Which entries of the trail does the reader want to see, and on which days were they? */

import { type TrailEntry, isAlert } from './trail-entries.js';

/** The kinds of entries that a reader can choose. */
export const KINDS = ['all', 'sign_in', 'sign_out', 'alert'] as const;
export type Kind = (typeof KINDS)[number];

const SIGN_INS: ReadonlySet<string> = new Set(['login', 'sign_in_refused', 'sign_in_confirmed', 'assertion_reused']);
const SIGN_OUTS: ReadonlySet<string> = new Set(['logout', 'session_ended', 'session_evicted', 'emergency_revocation']);

export function isOfKind(entry: TrailEntry, kind: Kind): boolean {
  const { event_type: type } = entry.event;
  switch (kind) {
    case 'all':
      return true;
    case 'sign_in':
      return SIGN_INS.has(type);
    case 'sign_out':
      return SIGN_OUTS.has(type);
    case 'alert':
      return isAlert(entry) || !(SIGN_INS.has(type) || SIGN_OUTS.has(type));
  }
}

/** The entries of each day of the reader's time zone, in the order of the entries. */
export function groupByDay<T extends { readonly event: { readonly created_at: string } }>(entries: readonly T[]): readonly (readonly [T, ...T[]])[] {
  const days = new Map<string, [T, ...T[]]>();
  for (const entry of entries) {
    const day = new Date(entry.event.created_at).toDateString();
    const known = days.get(day);
    if (known === undefined) days.set(day, [entry]);
    else known.push(entry);
  }
  return [...days.values()];
}
