/** The English texts of the whole dashboard. */

import { SHELL_ENGLISH } from './english-shell.js';
import type { Facts, Labels } from './labels.js';

/** `text` with what comes before it, or nothing if there is no text. */
const after = (prefix: string, text: string | null): string => (text === null ? '' : prefix + text);

const fromTo = ({ from, to }: Facts): string => after(' from ', to === null ? null : from) + after(' to ', to);

const plural = (count: number, one: string): string => (count === 1 ? `1 ${one}` : `${count} ${one}s`);

export const ENGLISH: Labels = {
  ...SHELL_ENGLISH,
  noSessions: (user) => `${user} isn't signed in anywhere.`,
  onlyHere: "You're not signed in anywhere else.",
  sessions: 'Sessions',

  thisDevice: 'This device',
  unknownDevice: 'Unknown device',
  deviceTypes: {
    desktop: 'Computer',
    mobile: 'Phone',
    tablet: 'Tablet',
    bot: 'Bot',
    cli: 'Command line',
    unknown: 'Unknown device',
  },
  software: (browser, os) => [browser, os === null ? null : `on ${os}`].filter((part) => part !== null).join(' '),
  place: (city, country) => `${city}, ${country}`,
  activeNow: 'Active now',
  lastActive: (when) => `Last active ${when}`,
  signedInSince: (when) => `Signed in ${when}`,
  justNow: 'just now',
  boundTo: { dpop: 'Bound to its browser', dbsc: 'Bound to its device' },

  signOut: 'Sign out',
  signOutOf: (name) => `Sign out of ${name}`,
  confirmSignOut: (name) => `Sign out of ${name}?`,
  signOutEverywhere: 'Sign out everywhere',
  confirmOthersTitle: 'Sign out of all other sessions?',
  confirmOthers: (count) =>
    `You'll be signed out of ${count === null ? 'all other sessions' : plural(count, 'other session')}. You'll stay signed in here.`,
  confirmEverywhereTitle: 'Sign out everywhere?',
  confirmEverywhere: (count) =>
    count === 1
      ? "You'll be signed out of this session, your only one."
      : `You'll be signed out of ${count ?? 'all'} sessions, including this one.`,
  confirmEverywhereOf: (user, count) => `${user} will be signed out of ${count === null ? 'all sessions' : plural(count, 'session')}.`,
  openPages: "Pages that are already open there may keep working until their access expires. You can't undo this.",
  reason: 'Reason (kept on record)',
  cancel: 'Cancel',
  signedOutOthers: (count, until) =>
    `You signed out of ${plural(count, 'other session')}. Pages still open there stop working by ${until}.`,
  signedOutUser: (user, until) => `${user} was signed out everywhere. Pages still open there stop working by ${until}.`,
  signOutFailed: (name) => `Couldn't sign out of ${name}. It's still signed in. Please try again.`,
  signOutManyFailed: "Couldn't sign out of these sessions. Please try again.",
  reauthenticate: 'For your security, please sign in again before you do this.',

  recommendations: 'Security recommendations',
  wasThisYou: 'Was this you?',
  itWasMe: 'Yes, it was me',
  itWasNotMe: 'No, sign out',
  dismiss: 'Dismiss',
  dismissed: 'Got it.',
  undo: 'Undo',
  recommendation: {
    new_country: ({ place }) => `New country${after(': ', place)}`,
    unknown_device: ({ device, place }) => `Unrecognised device: ${device}${after(' in ', place)}`,
    impossible_travel: ({ usual, place }) =>
      `A session moved${after(' to ', place)}${usual === null ? '' : ` (you're usually in ${usual})`} faster than you can travel`,
    recent_reuse: ({ device, ip }) => `We ended a session because its sign-in was used in two places, last by ${device}${after(' at ', ip)}`,
    idle_session: ({ device, days }) => `You haven't used ${device} for ${days === null ? 'a while' : plural(days, 'day')}`,
    many_sessions: ({ count, limit }) =>
      `You've reached the limit of sessions${count === null || limit === null ? '' : ` (${count} of ${limit})`}: your next sign-in signs out the least recently used one`,
  },
  finding: {
    new_device: () => 'Unrecognised device',
    new_country: ({ place, usual }) => `New country${after(': ', place)}${after('; you usually sign in from ', usual)}`,
    ip_changed: (facts) => `Network changed${fromTo(facts)}`,
    country_changed: (facts) => `Country changed${fromTo(facts)}`,
    impossible_travel: (facts) => `Impossible travel${fromTo(facts)}`,
    device_changed: (facts) => `Browser or system changed${fromTo(facts)}`,
  },

  chartTitle: (days) => `Sign-ins in the last ${days} days`,
  chartSummary: (count, days) => `${plural(count, 'sign-in')} in the last ${days} days`,
  chartDay: 'Day',
  chartCount: 'Sign-ins',
  sessionCount: 'Active sessions',
  ofLimit: (count, limit) => `${count} of ${limit}`,
  typicalLength: 'Typical session length',

  events: 'Recent security activity',
  noEvents: 'No recent activity.',
  showMore: 'Show more',
  event: {
    login: 'Signed in',
    sign_in_refused: 'Sign-in not allowed',
    logout: 'Sign-out requested',
    session_ended: 'Session ended',
    session_evicted: 'Older session signed out for a new sign-in',
    emergency_revocation: 'All users were signed out',
    token_reused: 'Sign-in used in two places',
    state_regression: 'Sign-in newer than our records',
    token_forged: 'Forged sign-in rejected',
    blocked: 'Blocked after too many attempts',
    rate_limited: 'Too many requests',
    token_replayed: 'Older sign-in used again',
    assertion_reused: 'Repeated sign-in rejected',
    binding_failed: 'Copied sign-in rejected',
    binding_missing: 'Signed in without a device key',
    session_bound: 'Session bound to this device',
    new_device: 'Unrecognised device',
    new_country: 'New country',
    ip_changed: 'Network changed',
    country_changed: 'Country changed',
    impossible_travel: 'Impossible travel',
    device_changed: 'Browser or system changed',
  },
  endEvent: {
    signed_out: 'Signed out by you',
    signed_out_by_user: 'Signed out by the user',
    evicted: 'Signed out because of too many sessions',
    admin: 'Signed out by an administrator',
    security: 'Signed out for security',
    reuse_detected: 'Signed out for security: used in two places',
    state_regression: 'Signed out for security: newer than our records',
    risk: 'Signed out for security: unusual activity',
    unbound: 'Signed out for security: no device key',
    expired: 'Session expired',
  },
  signedOutFrom: (device) => `from ${device}`,
  evictedBy: (device) => `after a sign-in on ${device}`,
  change: (from, to) => `from ${from} to ${to}`,
  severity: { info: 'Info', low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' },

  sessionAdded: (name) => `New session: ${name}.`,
  sessionEnded: (name) => `Session ended: ${name}.`,
  moreEventsLoaded: (count) => `${plural(count, 'more event')} loaded.`,
};
