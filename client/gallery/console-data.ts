/** A week of numbers, and events, sign-ins and results of many users, on 25 November 2026. */

import type { FleetEvent, NetworkRevocation, NetworkSignIn, Overview, Revocations, SearchResult } from '../src/core/fleet/fleet-types.js';
import { NOW } from '../test/react/support/fixtures.js';
import { LONG, MARKUP, REVERSED, RIGHT_TO_LEFT } from './sample-data.js';

const HOUR = 3_600_000;
const iso = (at: number): string => new Date(at).toISOString();
const running = Math.floor(NOW.getTime() / HOUR) * HOUR;

/** A day has quiet and busy hours, and this night had an attack. */
const busy = (hour: number): number => Math.max(1, Math.round(60 + 55 * Math.sin(((hour - 9) / 24) * 2 * Math.PI)));
const isAttack = (ago: number): boolean => ago >= 5 && ago <= 7;

export const OVERVIEW: Overview = {
  server_time: NOW.toISOString(),
  hours: Array.from({ length: 168 }, (_, ago) => {
    const at = running - ago * HOUR;
    const hour = new Date(at).getUTCHours();
    return {
      hour: iso(at),
      live_sessions: ago === 3 ? null : 1_180 + busy(hour) * 2,
      sign_ins: ago === 0 ? 21 : busy(hour) + (isAttack(ago) ? 140 : 0),
      alerts: isAttack(ago) ? 6 - ago + 3 : ago % 29 === 17 ? 1 : 0,
      refused_sign_ins: isAttack(ago) ? 310 + ago : hour % 5,
      counted_at: iso(ago === 0 ? NOW.getTime() - 120_000 : at + HOUR),
    };
    // The server did not count these hours.
  }).filter((_, ago) => ago !== 12 && ago !== 13),
};

export const NO_OVERVIEW: Overview = { server_time: NOW.toISOString(), hours: [] };

const event = (n: number, part: Partial<FleetEvent>): FleetEvent => ({
  event_id: `01930b5f-0000-7abc-8def-0000000002${String(n).padStart(2, '0')}`,
  event_type: 'login',
  severity: 'info',
  user_id: 'ada',
  session_id: `01930b5e-0000-7abc-8def-0000000003${String(n).padStart(2, '0')}`,
  created_at: iso(NOW.getTime() - n * 31 * 60_000),
  details: { ip: '203.0.113.60', device: 'Firefox on Linux', city: 'Lisbon', country: 'PT' },
  ...part,
});

export const FLEET_EVENTS: readonly FleetEvent[] = [
  event(1, { event_type: 'token_reused', severity: 'critical', details: { ip: '203.0.113.66', device: 'curl', ended_device: 'Safari on iOS', presented: 1, current: 3 } }),
  event(2, { event_type: 'impossible_travel', severity: 'high', user_id: 'hugo', details: { from: 'DE', to: 'SG', ip: '203.0.113.61', device: 'curl' } }),
  event(3, { event_type: 'account_suspended', severity: 'medium', user_id: 'hugo', session_id: null, details: { by: 'root', note: 'account taken over' } }),
  event(4, { user_id: 'customer-4711:nora.hofmann@example.com' }),
  event(5, { event_type: 'new_country', severity: 'medium', user_id: 'ines', details: { to: 'SG', ip: '2001:db8:4::7', device: 'Chrome on Android' } }),
  event(6, { event_type: 'rate_limited', severity: 'medium', user_id: null, session_id: null, details: { ip: '203.0.113.60' } }),
  event(7, { event_type: 'sign_in_refused', severity: 'low', user_id: 'kofi', details: { ip: '203.0.113.62', device: 'curl' } }),
  event(30, { event_type: 'session_ended', user_id: 'milo', details: { reason: 'evicted', device: 'Chrome on Windows', city: 'Berlin', country: 'DE' } }),
  event(31, { user_id: 'pia', details: { device: 'Safari on iPhone', ip: '198.51.100.12', city: 'Berlin', country: 'DE' } }),
  event(60, { event_type: 'binding_failed', severity: 'high', user_id: 'quinn', details: { ip: '203.0.113.63', device: 'curl' } }),
];

export const SIGN_INS: readonly NetworkSignIn[] = ['gita', 'hugo', 'ines', 'customer-4711:nora.hofmann@example.com', 'omar', 'pia'].map((user_id, n) => ({
  event_id: `01930b5f-0000-7abc-8def-0000000004${String(n).padStart(2, '0')}`,
  user_id,
  session_id: `01930b5e-0000-7abc-8def-0000000005${String(n).padStart(2, '0')}`,
  created_at: iso(NOW.getTime() - (n * 7 + 3) * 60_000),
  device: n === 3 ? null : n % 2 === 0 ? 'curl' : 'Firefox on Linux',
}));

export const PREVIEW: NetworkRevocation = {
  network: '203.0.113.0/24',
  preview: true,
  from: iso(NOW.getTime() - 24 * HOUR),
  as_of: iso(NOW.getTime() - 4_000),
  users: SIGN_INS.map(({ user_id, session_id }, n) => ({ user_id, session_ids: n === 0 ? [session_id, `${session_id}-2`] : [session_id] })),
  sessions: SIGN_INS.length + 1,
  failed: [],
  next_cursor: null,
  access_tokens_expire_by: iso(NOW.getTime() + HOUR),
};

export const FOUND: SearchResult = {
  user: { user_id: 'ada', live_sessions: 10, suspended: true },
  session: { session_id: '01930b5e-0000-7abc-8def-000000000301', user_id: 'ada', live: false, reason: 'reuse_detected', ended_at: iso(NOW.getTime() - 31 * 60_000) },
  network: { network: '203.0.113.0/24', last_sign_in: iso(NOW.getTime() - 180_000) },
};
export const NOTHING_FOUND: SearchResult = { user: null, session: null, network: null };

export const SUSPENDED: Revocations = {
  user_id: 'ada',
  tokens_valid_after: iso(NOW.getTime() - HOUR),
  suspension: { note: 'account taken over', by: { kind: 'admin', id: 'root' }, since: iso(NOW.getTime() - HOUR), until: iso(NOW.getTime() + 23 * HOUR) },
  revocations: [],
};
export const NOT_SUSPENDED: Revocations = { ...SUSPENDED, suspension: null };

const HOSTILE_NAMES = [MARKUP, REVERSED, LONG, RIGHT_TO_LEFT];
export const HOSTILE_SIGN_INS: readonly NetworkSignIn[] = HOSTILE_NAMES.map((text, n) => ({
  event_id: `hostile-${n}`, user_id: text, session_id: text, created_at: iso(NOW.getTime() - n * 60_000), device: text,
}));
export const HOSTILE_PREVIEW: NetworkRevocation = {
  ...PREVIEW, network: LONG, users: HOSTILE_NAMES.map((text) => ({ user_id: text, session_ids: [text] })), sessions: HOSTILE_NAMES.length, failed: HOSTILE_NAMES,
};
export const HOSTILE_FOUND: SearchResult = {
  user: { user_id: MARKUP, live_sessions: 1_000_000, suspended: true },
  session: { session_id: LONG, user_id: REVERSED, live: false, reason: 'reuse_detected', ended_at: iso(NOW.getTime() - HOUR) },
  network: { network: LONG, last_sign_in: iso(NOW.getTime()) },
};

export const HOSTILE_FLEET_EVENTS: readonly FleetEvent[] = HOSTILE_NAMES.map((text, n) =>
  event(n + 1, { event_type: 'device_changed', severity: 'critical', user_id: text, details: { device: text, from: text, to: text, city: text, ip: text, [text]: text } }),
);
