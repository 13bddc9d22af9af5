/** The texts that are needed before the page has come, in English. */

import type { FirstLabels } from './labels.js';

export const FIRST_ENGLISH: FirstLabels = {
  title: "Where you're signed in",
  titleOf: (user) => `Where ${user} is signed in`,
  live: 'Live',
  notLive: 'Not live',
  loading: 'Looking up where you are signed in …',
  signOutOthers: 'Sign out all others',
  notLoaded: 'This part of the page did not load.',
  reload: 'Reload the page',

  offline: (since) => (since === null ? 'You are offline.' : `You are offline. What you see is from ${since}.`),
  backOnline: 'You are online again.',
  unreachable: (wait) =>
    wait === null ? 'We could not reach the server.' : `We could not reach the server. Trying again in ${wait}.`,
  tryNow: 'Try now',
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
};
