/** Which events belong together? One action of a user, for example a sign-in on a new device, is one line of the trail. */

import type { SecurityEvent, Severity } from '../../core/types.js';

export interface TrailEntry<E extends SecurityEvent = SecurityEvent> {
  readonly event: E;
  /** The event that ended the session of `event`. */
  readonly cause: SecurityEvent | null;
  /** The findings about the sign-in `event`, for example a new country. */
  readonly findings: readonly SecurityEvent[];
  /** The device of the session that ended; `null` if no event names it. */
  readonly endedDevice: string | null;
  /** The highest severity of its events. */
  readonly severity: Severity;
}

/** Milliseconds between the events of one request, at most. */
const SAME_REQUEST = 2_000;

/** The events that cause the end of sessions, with the reason of that end. Their `device` is the caller's. */
const CAUSES: Readonly<Record<string, string>> = { logout: 'signed_out', session_evicted: 'evicted' };
const FINDINGS: ReadonlySet<string> = new Set(['new_device', 'new_country', 'impossible_travel']);
const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

/**
 * One entry for each line, the newest first. An event that belongs to another one has no line of its own.
 *
 * The API orders events by their ids. The id of an event that is recorded once an hour begins at the start of that hour, so its
 * time may be up to an hour later than its place.
 */
export function trailEntries<E extends SecurityEvent>(events: readonly E[]): readonly TrailEntry<E>[] {
  const causes = events.filter(({ event_type: type }) => type in CAUSES);
  const entries = events.map((event): TrailEntry<E> => {
    const cause = event.event_type === 'session_ended' ? (causes.find((one) => hasCaused(one, event)) ?? null) : null;
    const findings = event.event_type === 'login' ? events.filter((one) => isAbout(one, event)) : [];
    const ended = event.event_type === 'session_ended' ? endedDevice(event, events) : null;
    return { event, cause, findings, endedDevice: ended, severity: highest([event, ...findings, ...(cause === null ? [] : [cause])]) };
  });
  const merged = new Set<SecurityEvent | null>(entries.flatMap(({ cause, findings }) => [cause, ...findings]));
  return entries.filter(({ event }) => !merged.has(event)).sort((a, b) => Date.parse(b.event.created_at) - Date.parse(a.event.created_at));
}

/** Whether a reader who looks for trouble should see the entry. */
export function isAlert({ severity }: Pick<TrailEntry, 'severity'>): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf('medium');
}

function hasCaused(cause: SecurityEvent, ended: SecurityEvent): boolean {
  return CAUSES[cause.event_type] === ended.details['reason'] && isSameRequest(cause, ended);
}

function isAbout(finding: SecurityEvent, login: SecurityEvent): boolean {
  return FINDINGS.has(finding.event_type) && finding.session_id === login.session_id && isSameRequest(finding, login);
}

function isSameRequest(one: SecurityEvent, other: SecurityEvent): boolean {
  return Math.abs(Date.parse(one.created_at) - Date.parse(other.created_at)) <= SAME_REQUEST;
}

/** The event's own device, or else the one that signed in. Other events may name the device of an attacker. */
function endedDevice({ session_id: id, details }: SecurityEvent, events: readonly SecurityEvent[]): string | null {
  const login = events.find((event) => event.event_type === 'login' && event.session_id === id);
  const device = details['device'] ?? login?.details['device'];
  return typeof device === 'string' && device !== '' ? device : null;
}

function highest(events: readonly SecurityEvent[]): Severity {
  return SEVERITIES[Math.max(...events.map(({ severity }) => SEVERITIES.indexOf(severity)))] ?? 'info';
}
