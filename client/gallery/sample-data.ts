/** Eleven sessions with advice and a trail, and hostile ones, on 25 November 2026. */

import type { Recommendation, SecurityEvent, Session } from '../src/core/types.js';
import { ABROAD, HERE, PHONE, securityEvent, session } from '../test/react/support/fixtures.js';

const BERLIN = HERE.location;
const PARIS = { country: 'FR', region: 'Paris', city: 'Paris', latitude: 48.9, longitude: 2.4 };
const SINGAPORE = { country: 'SG', region: null, city: null, latitude: 1.3, longitude: 103.8 };

const DEVICES: readonly Partial<Session>[] = [
  { device_type: 'tablet', device: 'iPad', browser: 'Safari', browser_version: '18', os: 'iPadOS', os_version: '18', last_activity: '2026-11-25T06:10:00Z' },
  { device_type: 'mobile', device: 'Android phone', browser: 'Chrome', browser_version: '148', os: 'Android', os_version: '15', location: PARIS, last_activity: '2026-11-24T21:00:00Z' },
  { device: 'Mac', browser: 'Safari', os: 'macOS', browser_version: '18', os_version: null, last_activity: '2026-11-23T08:00:00Z' },
  { device_type: 'cli', device: 'curl', browser: 'curl', browser_version: '8', os: null, os_version: null, location: SINGAPORE, last_activity: '2026-11-22T03:00:00Z' },
  { device: 'Linux PC', browser: 'Chrome', os: 'Linux', browser_version: '148', os_version: null, last_activity: '2026-11-20T08:00:00Z' },
  { device: 'Windows PC', browser: 'Edge', browser_version: '148', last_activity: '2026-11-19T08:00:00Z' },
  { device_type: 'bot', device: 'Googlebot', browser: 'Googlebot', browser_version: '2', os: null, os_version: null, location: null, last_activity: '2026-11-18T08:00:00Z' },
  { device_type: 'unknown', browser: null, browser_version: null, os: null, os_version: null, location: null, ip_address: null, last_activity: '2026-11-12T08:00:00Z' },
];

const idOf = (n: number): string => `01930b5e-0000-7abc-8def-0000000001${String(n).padStart(2, '0')}`;

export const ELEVEN: readonly Session[] = [
  HERE,
  PHONE,
  ABROAD,
  ...DEVICES.map((part, n) =>
    session({ session_id: idOf(n), location: BERLIN, ip_address: `198.51.100.${30 + n}`, created_at: `2026-11-1${n}T08:00:00Z`, ...part }),
  ),
];

const at = '2026-11-25T07:30:00Z';
const advice = (code: Recommendation['code'], session_id: string | null, detail: Recommendation['detail'] = { at }): Recommendation => ({
  code,
  severity: 'medium',
  session_id,
  detail,
});

export const ADVICE: readonly Recommendation[] = [
  advice('recent_reuse', null, { at: '2026-11-24T12:00:00Z', device: 'curl', ip: '203.0.113.66' }),
  advice('many_sessions', null, { sessions: 11, limit: 12 }),
  advice('new_country', ABROAD.session_id, { at, to: 'PT' }),
  advice('unknown_device', ABROAD.session_id, { at, to: 'Firefox on Lin' }),
  advice('impossible_travel', ABROAD.session_id, { at, from: 'DE', to: 'PT' }),
  advice('unknown_device', idOf(1)),
  advice('new_country', idOf(3), { at, to: 'SG' }),
  advice('unknown_device', idOf(6)),
  advice('idle_session', idOf(7), { idle_days: 13 }),
];

export const EVENTS: readonly SecurityEvent[] = [
  securityEvent({ event_id: '1', event_type: 'new_country', severity: 'medium', details: { to: 'PT' } }),
  securityEvent({ event_id: '2', details: { device: 'Firefox on Linux', ip: '203.0.113.9', city: 'Lisbon', country: 'PT' } }),
  securityEvent({ event_id: '3', event_type: 'session_ended', session_id: 'gone', created_at: '2026-11-24T12:00:00Z', severity: 'info', details: { reason: 'reuse_detected', device: 'Chrome on Windows', city: 'Berlin', country: 'DE' } }),
  securityEvent({ event_id: '4', event_type: 'token_reused', session_id: 'gone', severity: 'critical', created_at: '2026-11-24T12:00:00Z', details: { device: 'curl', ip: '203.0.113.66' } }),
  securityEvent({ event_id: '5', event_type: 'logout', session_id: HERE.session_id, created_at: '2026-11-20T18:20:00Z', details: { device: 'Chrome on Windows' } }),
  securityEvent({ event_id: '6', event_type: 'session_ended', session_id: 'old', created_at: '2026-11-20T18:20:00Z', details: { reason: 'signed_out', device: 'Safari on iPad', city: 'Paris', country: 'FR' } }),
  securityEvent({ event_id: '7', session_id: PHONE.session_id, created_at: '2026-11-03T09:00:00Z', details: { device: 'Safari on iOS', city: 'Berlin', country: 'DE' } }),
];

export const MARKUP = '<img src=x onerror="window.ran=1">';
export const REVERSED = '\u202Emoc.elgoog';
export const LONG = 'W'.repeat(500);
export const RIGHT_TO_LEFT = 'תל אביב';

const hostile = (text: string, n: number): Session => ({
  ...ABROAD,
  session_id: `hostile-${n}`,
  device_type: 'mobile',
  device: text,
  browser: text,
  os: text,
  location: { ...PARIS, city: text, country: text },
});

export const HOSTILE: readonly Session[] = [HERE, ...[MARKUP, REVERSED, LONG, RIGHT_TO_LEFT].map(hostile)];
export const HOSTILE_ADVICE: readonly Recommendation[] = [
  ...HOSTILE.slice(1).map(({ session_id }) => advice('new_country', session_id, { at, to: LONG })),
  advice('recent_reuse', null, { device: REVERSED, ip: MARKUP }),
];
export const HOSTILE_EVENTS: readonly SecurityEvent[] = [MARKUP, REVERSED, LONG, RIGHT_TO_LEFT].map((text, n) =>
  securityEvent({ event_id: `h-${n}`, event_type: 'device_changed', session_id: `hostile-${n}`, details: { device: text, from: text, to: text } }),
);
