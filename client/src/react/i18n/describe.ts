/** Risks, recommendations and events as sentences with their facts. */

import type { Analytics, Recommendation, SecurityEvent, Session } from '../../core/types.js';
import type { Facts } from './labels.js';
import { countryName, fullName, placeName } from './session-names.js';
import { type Words, within } from './i18n.js';

type Finding = Session['risk']['findings'][number];
type Detail = Recommendation['detail'];

/** A row keeps this many bytes of a fact: a longer one was cut, and says so. */
const CUT_BYTES = 14;

/** Which findings compare countries; the others compare networks or devices. */
const OF_COUNTRIES: ReadonlySet<string> = new Set(['new_country', 'country_changed', 'impossible_travel']);

/** What was noticed about a session, as a sentence; without analytics it does not say what is usual. */
export function findingSentence(
  finding: Finding,
  session: Session,
  analytics: Analytics | null,
  words: Words,
): string {
  const { from, to } = finding.detail;
  const isOfCountries = OF_COUNTRIES.has(finding.code);
  const fact = (text: string | null): string | null =>
    isOfCountries ? countryName(text, words) : within(words, uncut(text));
  const facts: Facts = {
    device: fullName(session, words),
    place: placeOf(session, to, words),
    from: fact(from),
    // A session's own words are whole where the finding's are cut.
    to: finding.code === 'device_changed' ? fullName(session, words) : fact(to),
    usual: analytics && countryName(from ?? usualCountry(analytics, to), words),
  };
  const { finding: sentences, event: names } = words.labels;
  return sentences[finding.code]?.(facts) ?? names[finding.code] ?? visibleCode(finding.code);
}

/** Something to look at, as a sentence; `session` is the one it is about, if it is still there. */
export function recommendationSentence(
  { code, detail }: Recommendation,
  session: Session | null,
  analytics: Analytics | null,
  words: Words,
): string {
  const to = text(detail, 'to');
  const sentence = words.labels.recommendation[code] ?? (() => visibleCode(code));
  return sentence({
    device: session === null ? (within(words, text(detail, 'device')) ?? words.labels.unknownDevice) : fullName(session, words),
    // Of an unknown device it is the device that was noted.
    place: code === 'new_country' || session !== null ? placeOf(session, code === 'unknown_device' ? null : to, words) : null,
    from: null,
    to: within(words, to),
    usual: countryName(usualCountry(analytics, to ?? session?.location?.country ?? null), words),
    days: number(detail, 'idle_days'),
    version: within(words, text(detail, 'version')),
    oldest: within(words, text(detail, 'oldest_maintained')),
    count: number(detail, 'sessions'),
    limit: number(detail, 'limit'),
    ip: within(words, text(detail, 'ip')),
  });
}

/** What stands beside an event: with what and from where. */
export function eventFacts({ details }: SecurityEvent, session: Session | null, words: Words): string | null {
  const device = within(words, text(details, 'device')) ?? (session === null ? null : fullName(session, words));
  const [from, to] = [text(details, 'from'), text(details, 'to')];
  const change =
    from === null || to === null
      ? null
      : words.labels.change(countryName(from, words) ?? '', countryName(to, words) ?? '');
  const place = session === null ? null : placeName(session.location, words);
  const where = change ?? place ?? countryName(text(details, 'country'), words) ?? within(words, text(details, 'ip'));
  return [device, where].filter((part) => part !== null).join(', ') || null;
}

/** The country of most sessions, if it is not the one in question. */
function usualCountry(analytics: Analytics | null, other: string | null): string | null {
  const known = Object.entries(analytics?.by_country ?? {}).filter(([code]) => code !== 'unknown');
  const [first] = known.sort(([, a], [, b]) => b - a);
  return first === undefined || first[0] === other ? null : first[0];
}

/** The session's place, unless it has moved on from the country that this is about. */
function placeOf(session: Session | null, country: string | null, words: Words): string | null {
  const isThere = session?.location != null && (country === null || session.location.country === country);
  return isThere ? placeName(session.location, words) : countryName(country, words);
}

function uncut(fact: string | null): string | null {
  return fact !== null && new TextEncoder().encode(fact).length >= CUT_BYTES ? `${fact}…` : fact;
}

function text(detail: Detail, name: string): string | null {
  const value = detail[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function number(detail: Detail, name: string): number | null {
  const value = detail[name];
  return typeof value === 'number' ? value : null;
}

/** A newer server may know more codes than we do. */
function visibleCode(code: string): string {
  return code.replaceAll('_', ' ');
}
