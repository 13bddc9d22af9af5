/** Describes a line of the trail: the event, the device that it is about, and the change or place. */

import type { SecurityEvent, Session } from '../../core/types.js';
import { COMPARES_COUNTRIES, readableCode, text } from './describe.js';
import { type I18n, bidiSafe } from './i18n.js';
import { countryName, deviceName, placeName, sessionName } from './session-names.js';
import type { TrailEntry } from './trail-entries.js';

export interface EntryText {
  /** For example `Signed in · New country`. */
  readonly title: string;
  readonly device: string | null;
  /** The place, the change or the address. */
  readonly where: string | null;
}

/** `session` is the one that the entry is about, if a list has contained it. */
export function describeEntry(entry: TrailEntry, session: Session | null, isAdminView: boolean, i18n: I18n): EntryText {
  const { event, findings } = entry;
  const title = [describeEvent(event, isAdminView, i18n), ...findings.map((one) => describeSignInFinding(one, isAdminView, i18n))].join(' · ');
  const device = event.event_type === 'session_ended' ? describeEnd(entry, session, i18n) : deviceOf(event, session, i18n);
  const where = describeChange(event, i18n) ?? newCountry([event, ...findings], i18n) ?? placeOrAddress(event, i18n);
  return { title, device, where };
}

/** The device alone, by which lines are filtered. */
export function entryDevice({ event, endedDevice }: TrailEntry, session: Session | null, i18n: I18n): string | null {
  if (event.event_type !== 'session_ended') return deviceOf(event, session, i18n);
  return session === null ? deviceName(endedDevice, i18n) : sessionName(session, i18n);
}

/** The event in words; for the end of a session also the reason and the actor. */
export function describeEvent({ event_type: type, details }: SecurityEvent, isAdminView: boolean, i18n: I18n): string {
  const reason = type === 'session_ended' ? text(details, 'reason') : null;
  const end = reason === null ? null : describeCode('end', reason, isAdminView, i18n);
  return end ?? describeCode('event', type, isAdminView, i18n) ?? readableCode(type);
}

/** The code of an event or of the end of a session in words; `null` for the code of a newer server. The user is not the administrator. */
export function describeCode(group: 'event' | 'end', code: string, isAdminView: boolean, i18n: Pick<I18n, 'find'>): string | null {
  return (isAdminView ? i18n.find(`adminView.${group}`, code) : null) ?? i18n.find(group, code);
}

function deviceOf({ details }: SecurityEvent, session: Session | null, i18n: I18n): string | null {
  const label = text(details, 'device');
  // The server names the system of a phone, a card the phone itself. One device has one name, also in the filter.
  const isOwn = session !== null && (label === null || label === `${session.browser} on ${session.os}`);
  return isOwn ? sessionName(session, i18n) : deviceName(label, i18n);
}

/** The device whose session ended, and the device that caused it, if that is another one. */
function describeEnd(entry: TrailEntry, session: Session | null, i18n: I18n): string {
  const { event, cause } = entry;
  const device = entryDevice(entry, session, i18n) ?? i18n.t('device.unknown');
  const by = cause === null || cause.session_id === event.session_id ? null : deviceName(text(cause.details, 'device'), i18n);
  if (by === null) return device;
  return i18n.t(cause?.event_type === 'logout' ? 'signedOutFrom' : 'evictedBy', { device, by });
}

/** A finding about the sign-in of the same line, with its change. */
function describeSignInFinding(finding: SecurityEvent, isAdminView: boolean, i18n: I18n): string {
  return [describeEvent(finding, isAdminView, i18n), describeChange(finding, i18n)].filter((part) => part !== null).join(' ');
}

function describeChange({ details }: SecurityEvent, i18n: I18n): string | null {
  const [from, to] = [countryName(text(details, 'from'), i18n), countryName(text(details, 'to'), i18n)];
  return from === null || to === null ? null : i18n.t('change', { from, to });
}

/** The country that was noticed, if no event names the place. */
function newCountry(events: readonly SecurityEvent[], i18n: I18n): string | null {
  const [event] = events;
  if (event === undefined || placeOf(event, i18n) !== null) return null;
  const found = events.find(({ event_type: type }) => COMPARES_COUNTRIES.has(type));
  return found === undefined ? null : countryName(text(found.details, 'to'), i18n);
}

/** The event's own place, because the session may have moved since. */
function placeOf({ details }: SecurityEvent, i18n: I18n): string | null {
  return placeName({ city: text(details, 'city'), region: text(details, 'region'), country: text(details, 'country') }, i18n);
}

function placeOrAddress(event: SecurityEvent, i18n: I18n): string | null {
  return placeOf(event, i18n) ?? bidiSafe(i18n, text(event.details, 'ip'));
}
