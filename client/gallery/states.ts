/** Every state of the account page and of the security console, by name. */

import type { ConsoleView, SecurityConsoleProps } from '../src/console.js';
import type { Fleet } from '../src/core/fleet/fleet-types.js';
import type { LatchkeyState, SecurityEvent } from '../src/core/types.js';
import type { SessionMonitoringProps } from '../src/index.js';
import { HERE, NOW, SIGNED_IN, SIGNED_OUT } from '../test/react/support/fixtures.js';
import { CONSOLE_STATES } from './console-states.js';
import { HEBREW } from './hebrew.js';
import { ADVICE, ELEVEN, EVENTS, HOSTILE, HOSTILE_ADVICE, HOSTILE_EVENTS } from './sample-data.js';

export interface GalleryState {
  readonly state: Partial<LatchkeyState>;
  readonly events?: readonly SecurityEvent[];
  readonly props?: SessionMonitoringProps;
  /** Shows the console in place of the account page. */
  readonly console?: { readonly view: ConsoleView; readonly fleet: Partial<Fleet> };
  readonly locale?: string;
  readonly labels?: SecurityConsoleProps['labels'];
}

const error = (code: string) =>
  Object.assign(new Error(code), { code, status: null, retryAfter: null, requestId: null }) as NonNullable<LatchkeyState['error']>;
const asAdministrator: Partial<LatchkeyState> = { ...SIGNED_IN, userId: 'root', recommendations: [] };
const many: Partial<LatchkeyState> = { ...SIGNED_IN, sessions: ELEVEN, recommendations: ADVICE, sessionLimit: 12 };
const retryAt = NOW.getTime() + 42_000;
const ended = (reason: LatchkeyState['endedReason'], more: Partial<LatchkeyState> = {}): GalleryState => ({
  state: { ...SIGNED_OUT, endedReason: reason, sessionLimit: 5, ...more },
});

export const STATES: Readonly<Record<string, GalleryState>> = {
  loading: { state: { status: 'signed-in' } },
  empty: { state: { ...asAdministrator, sessions: [], analytics: null }, props: { userId: 'ada' } },
  one: { state: { ...SIGNED_IN, sessions: [HERE] } },
  many: { state: many, events: EVENTS, props: { passwordUrl: '#password' } },
  german: { state: many, events: EVENTS, props: { locale: 'de' } },
  rtl: { state: many, events: EVENTS, props: { locale: 'he', labels: HEBREW } },
  hostile: { state: { ...many, sessions: HOSTILE, recommendations: HOSTILE_ADVICE }, events: HOSTILE_EVENTS },
  'other-user': { state: { ...asAdministrator, sessions: ELEVEN.slice(1) }, events: EVENTS, props: { userId: 'ada' } },
  limited: { state: { ...SIGNED_IN, sessions: null, error: error('rate_limited'), retryAt } },
  'limited-named': { state: { ...SIGNED_IN, userId: null, sessions: null, error: error('rate_limited'), retryAt }, props: { userId: 'ada' } },
  offline: { state: { ...many, online: false }, events: EVENTS },
  unreachable: { state: { ...many, stale: true, error: error('network'), retryAt }, events: EVENTS },
  forbidden: { state: { ...asAdministrator, sessions: null, error: error('forbidden') }, props: { userId: 'ada' } },
  'cookies-blocked': { state: { ...SIGNED_IN, sessions: null, error: error('cookies_blocked') } },
  suspended: { state: { ...SIGNED_IN, sessions: null, error: error('account_suspended') } },
  'ended-signed-out': ended('signed_out'),
  'ended-elsewhere': ended('signed_out', { error: error('session_ended') }),
  'ended-expired': ended('expired'),
  'ended-security': ended('security'),
  'ended-admin': ended('admin'),
  'ended-provider': ended('provider'),
  'ended-evicted': ended('evicted'),
  'ended-key-lost': ended('key_lost'),
  visitor: ended(null),
  ...CONSOLE_STATES,
};
