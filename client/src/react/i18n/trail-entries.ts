/** Which events belong together? The end of a session and the sign-out or sign-in that caused it are one line. */

import type { SecurityEvent } from '../../core/types.js';

export interface TrailEntry {
  readonly event: SecurityEvent;
  /** The event that ended the session of `event`. */
  readonly cause: SecurityEvent | null;
  /** The device of the session that ended; `null` if no event names it. */
  readonly endedDevice: string | null;
}

/** Milliseconds between the two events of one request, at most. */
const SAME_REQUEST = 2_000;

/** The events that cause the end of sessions, with the reason of that end. Their `device` is the caller's. */
const CAUSES: Readonly<Record<string, string>> = { logout: 'signed_out', session_evicted: 'evicted' };

/** One entry for each line, in the order of the events. A cause has no line of its own if its effect has one. */
export function trailEntries(events: readonly SecurityEvent[]): readonly TrailEntry[] {
  const causes = events.filter(({ event_type: type }) => type in CAUSES);
  const entries = events.map((event): TrailEntry => {
    if (event.event_type !== 'session_ended') return { event, cause: null, endedDevice: null };
    return { event, cause: causes.find((cause) => hasCaused(cause, event)) ?? null, endedDevice: endedDevice(event, events) };
  });
  const merged = new Set(entries.map(({ cause }) => cause));
  return entries.filter(({ event }) => !merged.has(event));
}

function hasCaused(cause: SecurityEvent, { created_at: at, details: { reason } }: SecurityEvent): boolean {
  return CAUSES[cause.event_type] === reason && Math.abs(Date.parse(cause.created_at) - Date.parse(at)) <= SAME_REQUEST;
}

/** The event's own device, or else the one that signed in. Other events may name the device of an attacker. */
function endedDevice({ session_id: id, details }: SecurityEvent, events: readonly SecurityEvent[]): string | null {
  const login = events.find((event) => event.event_type === 'login' && event.session_id === id);
  const device = details['device'] ?? login?.details['device'];
  return typeof device === 'string' && device !== '' ? device : null;
}
