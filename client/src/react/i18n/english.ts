/** Every text of the dashboard, in English. */

import { FIRST_ENGLISH } from './english-shell.js';
import type { Facts, Labels } from './labels.js';

const at = (place: string | null, before = ': '): string => (place === null ? '' : `${before}${place}`);

const fromTo = ({ from, to }: Facts): string => {
  if (from !== null && to !== null) return `: from ${from} to ${to}`;
  return to === null ? '' : `: now ${to}`;
};

/** The texts as they come. */
export const ENGLISH: Labels = {
  ...FIRST_ENGLISH,
  nowhere: (user) => `${user} is not signed in anywhere.`,
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

  appeared: (name) => `A new session appeared: ${name}.`,
  disappeared: (name) => `A session ended: ${name}.`,
  olderEvents: (count) => (count === 1 ? 'One older event.' : `${count} older events.`),
};
