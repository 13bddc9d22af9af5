/** Every state of the security console, by name. */

import type { Fleet } from '../src/core/fleet/fleet-types.js';
import type { LatchkeyErrorLike } from '../src/core/types.js';
import type { ConsoleView } from '../src/console.js';
import { HERE, SIGNED_IN, SIGNED_OUT } from '../test/react/support/fixtures.js';
import { FLEET_EVENTS, FOUND, HOSTILE_FLEET_EVENTS, NO_OVERVIEW, NOT_SUSPENDED, NOTHING_FOUND, OVERVIEW, SUSPENDED } from './console-data.js';
import { CONSOLE_HEBREW } from './hebrew.js';
import { ELEVEN, LONG, MARKUP } from './sample-data.js';
import type { GalleryState } from './states.js';

const never = async (): Promise<never> => new Promise(() => {});
const failing = (code: LatchkeyErrorLike['code'], status: number | null, retryAfter: number | null = null) => async (): Promise<never> =>
  Promise.reject(Object.assign(new Error(code), { code, status, retryAfter, requestId: null }));

const events: ConsoleView = { page: 'events', severity: 'medium', type: null, userId: null, network: null, period: 168 };
const user: ConsoleView = { page: 'user', userId: 'ada' };
const network: ConsoleView = { page: 'network', network: '203.0.113.60' };
const search: ConsoleView = { page: 'search', q: 'ada' };

const administrator = { ...SIGNED_IN, userId: 'root', sessions: ELEVEN.slice(1, 4), recommendations: [] };

const all = (call: () => Promise<never>): Partial<Fleet> => ({ overview: call, events: call, search: call, signIns: call, revocations: call });
const answers: Partial<Fleet> = {
  overview: async (hours = 24) => ({ ...OVERVIEW, hours: OVERVIEW.hours.slice(0, hours) }),
  events: async ({ cursor } = {}) => ({ events: cursor === undefined ? FLEET_EVENTS : [], next: 'older' }),
  search: async () => FOUND,
  revocations: async () => NOT_SUSPENDED,
};
const nothing: Partial<Fleet> = {
  overview: async () => NO_OVERVIEW,
  events: async () => ({ events: [], next: null }),
  search: async () => NOTHING_FOUND,
  signIns: async () => ({ network: '203.0.113.0/24', signIns: [], next: null }),
  revocations: async () => NOT_SUSPENDED,
};

const shown = (view: ConsoleView, fleet: Partial<Fleet> = answers, more: Partial<GalleryState> = {}): GalleryState => ({
  state: administrator,
  events: FLEET_EVENTS,
  ...more,
  console: { view, fleet: { ...answers, ...fleet } },
});
const overview: ConsoleView = { page: 'overview' };

export const CONSOLE_STATES: Readonly<Record<string, GalleryState>> = {
  'console-loading': shown(overview, all(never)),
  'console-empty': shown(overview, nothing),
  'console-overview': shown(overview),
  'console-events': shown(events),
  'console-events-empty': shown(events, nothing),
  'console-one': shown(events, { events: async () => ({ events: FLEET_EVENTS.slice(0, 1), next: null }) }),
  'console-search': shown(search),
  'console-search-nothing': shown(search, nothing),
  'console-user': shown(user),
  'console-user-suspended': shown(user, { revocations: async () => SUSPENDED }, { state: { ...administrator, sessions: [] } }),
  'console-own-user': shown(user, answers, { state: { ...administrator, userId: 'ada', sessions: [HERE] } }),
  'console-network': shown(network),
  'console-network-empty': shown(network, nothing),
  'console-limited': shown(overview, all(failing('rate_limited', 429, 42))),
  'console-offline': shown(events, answers, { state: { ...administrator, online: false } }),
  'console-unreachable': shown(events, all(failing('network', null))),
  'console-forbidden': shown(events, all(failing('forbidden', 403))),
  'console-one-issuer': shown(overview, { overview: failing('forbidden', 403) }),
  'console-ended': shown(overview, answers, { state: { ...SIGNED_OUT, endedReason: 'admin' } }),
  'console-visitor': shown(overview, answers, { state: { ...SIGNED_OUT, endedReason: null } }),
  'console-german': shown(overview, answers, { locale: 'de' }),
  'console-german-user': shown(user, { revocations: async () => SUSPENDED }, { locale: 'de' }),
  'console-rtl': shown(overview, answers, { locale: 'he', labels: CONSOLE_HEBREW }),
  'console-rtl-events': shown(events, answers, { locale: 'he', labels: CONSOLE_HEBREW }),
  'console-hostile': shown(events, { events: async () => ({ events: HOSTILE_FLEET_EVENTS, next: null }) }),
  'console-hostile-user': shown({ page: 'user', userId: LONG }, { revocations: async () => ({ ...SUSPENDED, suspension: SUSPENDED.suspension && { ...SUSPENDED.suspension, note: MARKUP, by: { kind: 'admin', id: LONG } } }) }),
};
