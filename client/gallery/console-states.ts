/** Every state of the security console, by name. */

import type { Fleet, FleetEvent, FleetEventQuery } from '../src/core/fleet/fleet-types.js';
import type { LatchkeyErrorLike } from '../src/core/types.js';
import type { ConsoleView } from '../src/console.js';
import { NO_FILTERS } from '../src/react/console/state/console-view.js';
import { HERE, NOW, PHONE, SIGNED_IN, SIGNED_OUT } from '../test/react/support/fixtures.js';
import {
  FLEET_EVENTS, FOUND, HOSTILE_FLEET_EVENTS, HOSTILE_FOUND, HOSTILE_PREVIEW, HOSTILE_SIGN_INS, NO_OVERVIEW, NOT_SUSPENDED, NOTHING_FOUND, OVERVIEW, PREVIEW, SUSPENDED,
} from './console-data.js';
import { CONSOLE_HEBREW } from './hebrew.js';
import { ELEVEN, HOSTILE, LONG, MARKUP, REVERSED, RIGHT_TO_LEFT } from './sample-data.js';
import type { GalleryState } from './states.js';

const never = async (): Promise<never> => new Promise(() => {});
const failing = (code: LatchkeyErrorLike['code'], status: number | null, retryAfter: number | null = null) => async (): Promise<never> =>
  Promise.reject(Object.assign(new Error(code), { code, status, retryAfter, requestId: null }));

const events: ConsoleView = { page: 'events', ...NO_FILTERS, severity: 'medium' };
const dates: ConsoleView = { ...events, from: '2026-11-20T08:00:00Z', to: '2026-11-25T09:00:00Z' };
const user: ConsoleView = { page: 'user', userId: 'ada' };
const network: ConsoleView = { page: 'network', network: '203.0.113.60' };
const search: ConsoleView = { page: 'search', q: 'ada' };

const limited = Object.assign(new Error('rate_limited'), { code: 'rate_limited', status: 429, retryAfter: 42, requestId: null }) as LatchkeyErrorLike;
const administrator = { ...SIGNED_IN, userId: 'root', sessions: ELEVEN.slice(1, 4), recommendations: [] };

const all = (call: () => Promise<never>): Partial<Fleet> => ({ overview: call, events: call, search: call, signIns: call, revocations: call });
const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'];
/** As the server does it: events of this severity or higher. */
const filtered = (all: readonly FleetEvent[], { severity = 'info' }: FleetEventQuery): readonly FleetEvent[] =>
  all.filter((event) => SEVERITIES.indexOf(event.severity) >= SEVERITIES.indexOf(severity));
const answers: Partial<Fleet> = {
  overview: async (hours = 24) => ({ ...OVERVIEW, hours: OVERVIEW.hours.slice(0, hours) }),
  events: async ({ cursor, ...query } = {}) => ({ events: cursor === undefined ? filtered(FLEET_EVENTS, query) : [], next: 'older' }),
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
  'console-dates': shown(dates),
  'console-events-empty': shown(events, nothing),
  'console-one': shown(events, { events: async () => ({ events: FLEET_EVENTS.slice(0, 1), next: null }) }),
  'console-search': shown(search),
  'console-search-nothing': shown(search, nothing),
  'console-user': shown(user),
  'console-user-suspended': shown(user, { revocations: async () => SUSPENDED }, { state: { ...administrator, sessions: [] } }),
  'console-user-limited': shown(user, answers, { state: { ...administrator, userId: null, sessions: null, error: limited, retryAt: NOW.getTime() + 42_000 } }),
  'console-own-user': shown(user, answers, { state: { ...administrator, userId: 'ada', sessions: [HERE, PHONE] } }),
  'console-network': shown(network, { endNetwork: async () => ({ ...PREVIEW, preview: false, failed: ['gita', 'hugo'] }) }),
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
  'console-hostile-network': shown({ page: 'network', network: LONG }, { signIns: async () => ({ network: LONG, signIns: HOSTILE_SIGN_INS, next: null }), previewNetwork: async () => HOSTILE_PREVIEW }),
  'console-hostile-search': shown({ page: 'search', q: MARKUP + REVERSED + LONG }, { search: async () => HOSTILE_FOUND }),
  'console-rtl-user': shown({ page: 'user', userId: RIGHT_TO_LEFT + REVERSED }, { revocations: async () => SUSPENDED }, { state: { ...administrator, sessions: HOSTILE.slice(1) }, locale: 'he', labels: CONSOLE_HEBREW }),
  'console-hostile-user': shown({ page: 'user', userId: LONG }, { revocations: async () => ({ ...SUSPENDED, suspension: SUSPENDED.suspension && { ...SUSPENDED.suspension, note: MARKUP, by: { kind: 'admin', id: LONG } } }) }),
};
