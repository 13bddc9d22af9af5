/** The English texts that are shown before the sessions page has loaded. */

import type { ShellLabels } from './labels.js';

export const SHELL_ENGLISH: ShellLabels = {
  title: "Where you're signed in",
  titleOf: (user) => `Where ${user} is signed in`,
  live: 'Live',
  paused: 'Paused',
  loading: 'Loading sessions…',
  signOutOthers: 'Sign out of all other sessions',

  offline: (since) => (since === null ? "You're offline." : `You're offline. Last updated ${since}.`),
  backOnline: "You're back online.",
  unreachable: (wait) => `Couldn't get data from the server.${wait === null ? '' : ` Trying again in ${wait}.`}`,
  rateLimited: (wait) => `Too many requests. This page updates again ${wait === null ? 'shortly' : `in ${wait}`}.`,
  lastUpdated: (since) => `Last updated ${since}.`,
  tryAgain: 'Try again',
  errors: {
    cookies_blocked: 'Your browser blocks cookies. Allow cookies for this site to sign in.',
    not_latchkey: 'We got an answer, but not from our server. If you use public Wi-Fi, you may need to sign in to it first.',
    forbidden: "You don't have permission to see these sessions.",
  },

  ended: {
    signed_out: "You've signed out.",
    elsewhere: 'You were signed out from another device.',
    expired: 'Your session has expired. Please sign in again.',
    security: 'We signed you out to protect your account because we noticed unusual activity. Please sign in again and check your devices.',
    key_lost: 'This browser has lost its key. Sign in again.',
    admin: 'An administrator signed you out.',
    unknown: "You're not signed in.",
  },
  evicted: (limit) => `You were signed out here because you signed in on ${limit === null ? 'too many' : `more than ${limit}`} devices.`,

  loadFailed: "This part of the page couldn't be loaded.",
  reload: 'Reload page',
};
