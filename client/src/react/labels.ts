/** Every text of the dashboard, in English, to be replaced in part or in whole. */

import type { EndReason, ErrorCode, Recommendation, SecurityEvent, Session, Severity } from '../core/types.js';
import { FIRST_ENGLISH } from './first-labels.js';

/** Why a session is over, as its user is told; `elsewhere` is a sign-out from another device. */
export type EndedHow = EndReason | 'elsewhere' | 'unknown';

/** What is known about a session for a sentence about it; every text is safe to put in the middle of one. */
export interface Facts {
  /** `Firefox on Linux`, `iPhone`. */
  readonly device: string;
  /** `Lisbon, PT` or `Portugal`. */
  readonly place: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** The country that most other sessions are in. */
  readonly usual: string | null;
}

/** What a recommendation adds. */
export interface RecommendationFacts extends Facts {
  readonly days: number | null;
  readonly version: string | null;
  readonly oldest: string | null;
  readonly count: number | null;
  readonly limit: number | null;
  readonly ip: string | null;
}

/** The texts. Functions get what they speak of, already in the reader's language. */
export interface Labels {
  readonly title: string;
  /** For an administrator, who looks at somebody else. */
  readonly titleOf: (user: string) => string;
  readonly nowhere: (user: string) => string;
  readonly live: string;
  readonly notLive: string;
  readonly loading: string;
  readonly onlyHere: string;
  readonly sessions: string;

  readonly thisDevice: string;
  readonly unknownDevice: string;
  readonly deviceTypes: Record<Session['device_type'], string>;
  /** One of the two is there. */
  readonly software: (browser: string | null, os: string | null) => string;
  readonly place: (city: string, country: string) => string;
  readonly activeNow: string;
  readonly active: (when: string) => string;
  readonly since: (when: string) => string;
  readonly now: string;

  readonly signOut: string;
  readonly signOutNamed: (name: string) => string;
  readonly askSignOut: (name: string) => string;
  readonly keep: string;
  readonly signOutOthers: string;
  readonly signOutEverywhere: string;
  readonly signOutAll: string;
  readonly askOthersTitle: string;
  readonly askEverywhereTitle: string;
  readonly askOthers: (count: number) => string;
  readonly askEverywhere: (count: number) => string;
  readonly askEverywhereOf: (user: string, count: number) => string;
  readonly openPages: string;
  readonly reason: string;
  readonly cancel: string;
  readonly signedOutOthers: (count: number, until: string) => string;
  readonly signedOutOf: (user: string, until: string) => string;
  readonly refused: (name: string) => string;
  readonly refusedMany: string;
  readonly reauthenticate: string;

  readonly recommendations: string;
  readonly thatWasMe: string;
  readonly dismiss: string;
  readonly signItOut: string;
  readonly dismissed: string;
  readonly undo: string;
  readonly recommendation: Record<Recommendation['code'], (facts: RecommendationFacts) => string>;
  /** What has no sentence of its own is called what its event is called. */
  readonly finding: Partial<Record<SecurityEvent['event_type'], (facts: Facts) => string>>;

  readonly chartTitle: (days: number) => string;
  readonly chartSummary: (count: number, days: number) => string;
  readonly chartDay: string;
  readonly chartCount: string;
  readonly sessionCount: string;
  readonly ofLimit: (count: string, limit: string) => string;
  readonly typicalLength: string;

  readonly events: string;
  readonly noEvents: string;
  readonly showMore: string;
  readonly event: Record<SecurityEvent['event_type'], string>;
  readonly change: (from: string, to: string) => string;
  readonly severity: Record<Severity, string>;

  readonly offline: (since: string | null) => string;
  readonly unreachable: (wait: string | null) => string;
  readonly tryNow: string;
  readonly limited: (wait: string | null) => string;
  readonly stale: (since: string) => string;
  /** For codes that have their own sentence; all others are `unreachable`. */
  readonly errors: Partial<Record<ErrorCode, string>>;

  readonly ended: Record<Exclude<EndedHow, 'evicted'>, string>;
  readonly evicted: (limit: number | null) => string;

  readonly appeared: (name: string) => string;
  readonly disappeared: (name: string) => string;
  readonly olderEvents: (count: number) => string;
  readonly backOnline: string;
}

/** What an app may replace: some of the texts, and within a group some of the group. */
export type PartialLabels = {
  readonly [Name in keyof Labels]?: Labels[Name] extends string | ((...facts: never[]) => string)
    ? Labels[Name]
    : Partial<Labels[Name]>;
};

/** English with an app's own texts in it. */
export function withLabels(own: PartialLabels | undefined): Labels {
  if (own === undefined) return ENGLISH;
  const merged: Record<string, unknown> = { ...ENGLISH };
  for (const [name, text] of Object.entries(own)) {
    if (text === undefined) continue;
    const english = merged[name];
    merged[name] = typeof text === 'object' ? { ...(english as object), ...text } : text;
  }
  // Names and kinds of texts are those of `PartialLabels`.
  return merged as unknown as Labels;
}

const at = (place: string | null, before = ': '): string => (place === null ? '' : `${before}${place}`);

const fromTo = ({ from, to }: Facts): string => {
  if (from !== null && to !== null) return `: from ${from} to ${to}`;
  return to === null ? '' : `: now ${to}`;
};

/** The texts as they come. */
export const ENGLISH: Labels = {
  ...FIRST_ENGLISH,
  titleOf: (user) => `Where ${user} is signed in`,
  nowhere: (user) => `${user} is not signed in anywhere.`,
  live: 'Live',
  notLive: 'Not live',
  onlyHere: 'You are signed in only here.',
  sessions: 'Sessions',

  thisDevice: 'This device',
  unknownDevice: 'Unknown device',
  deviceTypes: {
    desktop: 'Computer',
    mobile: 'Phone',
    tablet: 'Tablet',
    tv: 'TV',
    console: 'Game console',
    bot: 'Program',
    cli: 'Command line',
    unknown: 'Unknown device',
  },
  software: (browser, os) => [browser, os === null ? null : `on ${os}`].filter((part) => part !== null).join(' '),
  place: (city, country) => `${city}, ${country}`,
  activeNow: 'active now',
  active: (when) => `active ${when}`,
  since: (when) => `since ${when}`,
  now: 'just now',

  signOut: 'Sign out',
  signOutNamed: (name) => `Sign out ${name}`,
  askSignOut: (name) => `Sign out ${name}?`,
  keep: 'Keep',
  signOutOthers: 'Sign out all others',
  signOutEverywhere: 'Sign out everywhere …',
  signOutAll: 'Sign out everywhere',
  askOthersTitle: 'Sign out all others?',
  askEverywhereTitle: 'Sign out everywhere?',
  askOthers: (count) =>
    count === 1
      ? 'One other session is signed out at once. You stay signed in here.'
      : `${count} other sessions are signed out at once. You stay signed in here.`,
  askEverywhere: (count) =>
    count === 1
      ? 'Your only session, this one, is signed out at once.'
      : `All ${count} sessions are signed out at once, this one too.`,
  askEverywhereOf: (user, count) =>
    count === 1 ? `The only session of ${user} is signed out at once.` : `All ${count} sessions of ${user} are signed out at once.`,
  openPages:
    'Pages that are still open there stop working the next time they check in, or when the access they already have runs out. This cannot be undone.',
  reason: 'Reason, for the record',
  cancel: 'Cancel',
  signedOutOthers: (count, until) =>
    `${count === 1 ? 'One other session is' : `${count} other sessions are`} signed out. Pages that are still open there stop working by ${until} at the latest.`,
  signedOutOf: (user, until) =>
    `${user} is signed out everywhere. Pages that are still open there stop working by ${until} at the latest.`,
  refused: (name) => `${name} could not be signed out and is still signed in. Please try again.`,
  refusedMany: 'The sessions could not be signed out. Please try again.',
  reauthenticate: 'That needs a fresh sign-in. Please sign in again and repeat it.',

  recommendations: 'Please have a look',
  thatWasMe: 'That was me',
  dismiss: 'Dismiss',
  signItOut: 'Sign it out',
  dismissed: 'Noted.',
  undo: 'Undo',
  recommendation: {
    new_country: ({ place }) => `A sign-in from a country you have not used before${at(place)}`,
    unknown_device: ({ device, place }) =>
      `A sign-in with a device you have not used before: ${device}${at(place, ' in ')}`,
    impossible_travel: ({ usual, place }) =>
      `A session moved faster than anybody can travel${at(place, ', to ')}${at(usual, '; you are usually in ')}`,
    recent_reuse: ({ device, ip }) =>
      `A sign-in was used in two places, so we ended it; the copy came from ${device}${at(ip, ', address ')}`,
    idle_session: ({ device, days }) =>
      days === null ? `${device} has not been used for days` : `${device} has not been used for ${days} days`,
    outdated_agent: ({ device, version, oldest }) =>
      `${device} runs version ${version ?? 'unknown'} of its browser, which no longer gets security updates${at(oldest, '; the oldest that does is ')}`,
    many_sessions: ({ count, limit }) =>
      `You have ${count ?? 'as many'} sessions of ${limit ?? 'allowed ones'}: one more sign-in ends the oldest`,
  },
  finding: {
    new_device: ({ device }) => `new device: ${device}`,
    new_country: ({ place, usual }) => `new country${at(place)}${at(usual, '; you usually sign in from ')}`,
    ip_changed: (facts) => `network changed${fromTo(facts)}`,
    country_changed: (facts) => `country changed${fromTo(facts)}`,
    impossible_travel: (facts) => `moved faster than anybody can travel${fromTo(facts)}`,
    device_changed: (facts) => `browser or system changed${fromTo(facts)}`,
  },

  chartTitle: (days) => `Sign-ins, last ${days} days`,
  chartSummary: (count, days) => `${count === 1 ? 'One sign-in' : `${count} sign-ins`} in the last ${days} days`,
  chartDay: 'Day',
  chartCount: 'Sign-ins',
  sessionCount: 'Sessions',
  ofLimit: (count, limit) => `${count} of ${limit}`,
  typicalLength: 'Typical length',

  events: 'Recent security activity',
  noEvents: 'Nothing has happened yet.',
  showMore: 'Show more',
  event: {
    login: 'Signed in',
    logout: 'Signed out',
    session_ended: 'Session ended',
    session_evicted: 'Signed out to make room',
    emergency_revocation: 'Everybody was signed out',
    token_reused: 'Sign-in used in two places',
    state_regression: 'Sign-in newer than expected',
    token_forged: 'Forged sign-in refused',
    blocked: 'Blocked after too many tries',
    rate_limited: 'Too many requests',
    token_replayed: 'Sign-in repeated from another network',
    new_device: 'New device',
    new_country: 'New country',
    ip_changed: 'Network changed',
    country_changed: 'Country changed',
    impossible_travel: 'Moved faster than anybody can',
    device_changed: 'Browser or system changed',
  },
  change: (from, to) => `from ${from} to ${to}`,
  severity: { info: 'info', low: 'notice', medium: 'warning', high: 'serious', critical: 'critical' },

  offline: (since) => (since === null ? 'You are offline.' : `You are offline. What you see is from ${since}.`),
  limited: (wait) =>
    wait === null
      ? 'Too many requests. This page goes on by itself.'
      : `Too many requests. This page goes on by itself in ${wait}.`,
  stale: (since) => `What you see is from ${since}.`,
  errors: {
    cookies_blocked: 'This browser blocks the cookies that signing in needs. Allow them for this site.',
    not_latchkey:
      'Something between you and us answered instead of the server, for example the sign-in page of a Wi-Fi network.',
    forbidden: 'You may not see these sessions.',
  },

  ended: {
    signed_out: 'You signed out.',
    elsewhere: 'You were signed out from another device.',
    expired: 'You were away for a while. Please sign in again.',
    security:
      'For your safety this session was ended: its sign-in was used in two places. If that was not you, sign in and check your devices.',
    admin: 'An administrator ended this session.',
    unknown: 'You are not signed in.',
  },
  evicted: (limit) =>
    limit === null || limit === 5
      ? 'You signed in on a sixth device, so this one was signed out.'
      : `You signed in on more than ${limit} devices, so this one was signed out.`,

  appeared: (name) => `A new session appeared: ${name}.`,
  disappeared: (name) => `A session ended: ${name}.`,
  olderEvents: (count) => (count === 1 ? 'One older event.' : `${count} older events.`),
  backOnline: 'You are online again.',
};
