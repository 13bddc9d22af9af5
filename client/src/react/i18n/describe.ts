/** Describes findings and recommendations in sentences with their facts. */

import type { Analytics, Recommendation, Session } from '../../core/types.js';
import type { Facts } from './format-message.js';
import { type I18n, bidiSafe } from './i18n.js';
import { countryName, deviceName, placeName, sessionName } from './session-names.js';

type Finding = Session['risk']['findings'][number];
export type Detail = Recommendation['detail'];

/** The server stores at most this many bytes of a fact, so a fact of this length was cut and gets an ellipsis. */
const STORED_BYTES = 14;

/** Findings that compare countries. The others compare networks or devices. */
export const COMPARES_COUNTRIES: ReadonlySet<string> = new Set(['new_country', 'country_changed', 'impossible_travel']);

/** A sentence about a finding. Without analytics it omits what is usual for the user. */
export function describeFinding(finding: Finding, session: Session, analytics: Analytics | null, i18n: I18n): string {
  const { code, detail: { from, to } } = finding;
  const fact = (text: string | null): string | null =>
    COMPARES_COUNTRIES.has(code) ? countryName(text, i18n) : bidiSafe(i18n, withEllipsis(text));
  const facts: Facts = {
    device: sessionName(session, i18n),
    place: placeOf(session, to, i18n),
    from: fact(from),
    // The session has its whole name, the finding may have only the start of it.
    to: code === 'device_changed' ? sessionName(session, i18n) : fact(to),
    usual: analytics && countryName(from ?? usualCountry(analytics, to), i18n),
  };
  return i18n.find('finding', code, facts) ?? i18n.find('event', code) ?? readableCode(code);
}

/** A sentence about a recommendation; `session` is the one that it is about, if that is still in the list. */
export function describeRecommendation(
  { code, detail }: Recommendation,
  session: Session | null,
  analytics: Analytics | null,
  i18n: I18n,
): string {
  const to = text(detail, 'to');
  const facts: Facts = {
    device: session === null ? (deviceName(text(detail, 'device'), i18n) ?? i18n.t('device.unknown')) : sessionName(session, i18n),
    // The fact of `unknown_device` is the device and not a country.
    place: code === 'new_country' || session !== null ? placeOf(session, code === 'unknown_device' ? null : to, i18n) : null,
    usual: countryName(usualCountry(analytics, to ?? session?.location?.country ?? null), i18n),
    days: number(detail, 'idle_days'),
    count: number(detail, 'sessions'),
    limit: number(detail, 'limit'),
    ip: bidiSafe(i18n, text(detail, 'ip')),
  };
  return i18n.find('recommendation', code, facts) ?? readableCode(code);
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

/** A member of the details of an event or recommendation, if it is a text. */
export function text(detail: Detail, name: string): string | null {
  const value = detail[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function number(detail: Detail, name: string): number | null {
  const value = detail[name];
  return typeof value === 'number' ? value : null;
}

/** A newer server may send a code that this version has no sentence for. */
export function readableCode(code: string): string {
  return code.replaceAll('_', ' ');
}
