/** Describes findings, recommendations and events in sentences with their facts. */

import type { Analytics, Recommendation, SecurityEvent, Session } from '../../core/types.js';
import { type I18n, bidiSafe } from './i18n.js';
import type { Facts } from './labels.js';
import { countryName, fullName, placeName } from './session-names.js';
import type { TrailEntry } from './trail-entries.js';

type Finding = Session['risk']['findings'][number];
type Detail = Recommendation['detail'];

/** The server stores at most this many bytes of a fact, so a fact of this length was cut and gets an ellipsis. */
const STORED_BYTES = 14;

/** Findings that compare countries. The others compare networks or devices. */
const COMPARES_COUNTRIES: ReadonlySet<string> = new Set(['new_country', 'country_changed', 'impossible_travel']);

/** A sentence about a finding. Without analytics it omits what is usual for the user. */
export function describeFinding(finding: Finding, session: Session, analytics: Analytics | null, i18n: I18n): string {
  const { from, to } = finding.detail;
  const comparesCountries = COMPARES_COUNTRIES.has(finding.code);
  const fact = (text: string | null): string | null =>
    comparesCountries ? countryName(text, i18n) : bidiSafe(i18n, withEllipsis(text));
  const facts: Facts = {
    device: fullName(session, i18n),
    place: placeOf(session, to, i18n),
    from: fact(from),
    // The session has its whole name, the finding may have only the start of it.
    to: finding.code === 'device_changed' ? fullName(session, i18n) : fact(to),
    usual: analytics && countryName(from ?? usualCountry(analytics, to), i18n),
  };
  const { finding: sentences, event: names } = i18n.labels;
  return sentences[finding.code]?.(facts) ?? names[finding.code] ?? readableCode(finding.code);
}

/** A sentence about a recommendation; `session` is the one that it is about, if that is still in the list. */
export function describeRecommendation(
  { code, detail }: Recommendation,
  session: Session | null,
  analytics: Analytics | null,
  i18n: I18n,
): string {
  const to = text(detail, 'to');
  const sentence = i18n.labels.recommendation[code] ?? (() => readableCode(code));
  return sentence({
    device: session === null ? (bidiSafe(i18n, text(detail, 'device')) ?? i18n.labels.unknownDevice) : fullName(session, i18n),
    // The fact of `unknown_device` is the device and not a country.
    place: code === 'new_country' || session !== null ? placeOf(session, code === 'unknown_device' ? null : to, i18n) : null,
    from: null,
    to: bidiSafe(i18n, to),
    usual: countryName(usualCountry(analytics, to ?? session?.location?.country ?? null), i18n),
    days: number(detail, 'idle_days'),
    count: number(detail, 'sessions'),
    limit: number(detail, 'limit'),
    ip: bidiSafe(i18n, text(detail, 'ip')),
  });
}

/**
 * The device of an event, and its change, place or address. The place is the event's own, because the session may have
 * moved since.
 */
export function describeEventFacts({ event_type: type, details }: SecurityEvent, session: Session | null, i18n: I18n): string | null {
  const device = bidiSafe(i18n, text(details, 'device')) ?? (session === null ? null : fullName(session, i18n));
  const [from, to] = [text(details, 'from'), text(details, 'to')];
  const change =
    from === null || to === null ? null : i18n.labels.change(countryName(from, i18n) ?? '', countryName(to, i18n) ?? '');
  const newCountry = COMPARES_COUNTRIES.has(type) ? countryName(to, i18n) : null;
  const place = placeName({ city: text(details, 'city'), region: text(details, 'region'), country: text(details, 'country') }, i18n);
  const where = change ?? newCountry ?? place ?? bidiSafe(i18n, text(details, 'ip'));
  return joined([device, where]);
}

/** The device whose session ended, and the device that caused it, if that is another one. */
export function describeEndFacts({ event, cause, endedDevice }: TrailEntry, session: Session | null, i18n: I18n): string | null {
  const { labels } = i18n;
  const device = session === null ? (bidiSafe(i18n, endedDevice) ?? labels.unknownDevice) : fullName(session, i18n);
  const by = cause === null || cause.session_id === event.session_id ? null : bidiSafe(i18n, text(cause.details, 'device'));
  return joined([device, by === null ? null : (cause?.event_type === 'logout' ? labels.signedOutFrom : labels.evictedBy)(by)]);
}

/** The event in words; for the end of a session also the reason and the actor. */
export function describeEvent({ event_type: type, details }: SecurityEvent, isAdminView: boolean, { labels }: I18n): string {
  const reason = type === 'session_ended' ? text(details, 'reason') : null;
  // A map, because the reason of a newer server could be the name of a property that every object has.
  const ends = new Map(Object.entries(labels.endEvent));
  return ends.get(reason === 'signed_out' && isAdminView ? 'signed_out_by_user' : (reason ?? '')) ?? labels.event[type] ?? readableCode(type);
}

function joined(parts: readonly (string | null)[]): string | null {
  return parts.filter((part) => part !== null).join(', ') || null;
}

/** The country of most sessions, or `null` if it is the one in question. */
function usualCountry(analytics: Analytics | null, other: string | null): string | null {
  const known = Object.entries(analytics?.by_country ?? {}).filter(([code]) => code !== 'unknown');
  const [first] = known.sort(([, a], [, b]) => b - a);
  return first === undefined || first[0] === other ? null : first[0];
}

/** The session's place, or the country alone if the session has left that country since. */
function placeOf(session: Session | null, country: string | null, i18n: I18n): string | null {
  const isThere = session?.location != null && (country === null || session.location.country === country);
  return isThere ? placeName(session.location, i18n) : countryName(country, i18n);
}

function withEllipsis(fact: string | null): string | null {
  return fact !== null && new TextEncoder().encode(fact).length >= STORED_BYTES ? `${fact}…` : fact;
}

function text(detail: Detail, name: string): string | null {
  const value = detail[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function number(detail: Detail, name: string): number | null {
  const value = detail[name];
  return typeof value === 'number' ? value : null;
}

/** A newer server may send a code that this version has no sentence for. */
function readableCode(code: string): string {
  return code.replaceAll('_', ' ');
}
