/** The texts that are needed before the others have come. */

import type { Labels } from './labels.js';

/** What can be said without the dashboard's page. */
export type FirstLabels = Pick<Labels, 'title' | 'loading' | 'unreachable' | 'tryNow'>;

export const FIRST_ENGLISH: FirstLabels = {
  title: "Where you're signed in",
  loading: 'Looking up where you are signed in …',
  unreachable: (wait) =>
    wait === null ? 'We could not reach the server.' : `We could not reach the server. Trying again in ${wait}.`,
  tryNow: 'Try now',
};
