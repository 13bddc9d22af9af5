/** Three sessions in Berlin and Lisbon on 25 November 2026, with analytics, a recommendation and an event. */

import { UNKNOWN_STATE } from '../../../src/core/session/initial-state.js';
import type { Analytics, LatchkeyState, Recommendation, SecurityEvent, Session } from '../../../src/core/types.js';

export const NOW = new Date('2026-11-25T09:30:00Z');

const BERLIN = { country: 'DE', region: 'Berlin', city: 'Berlin', latitude: 52.5, longitude: 13.4 };
const LISBON = { country: 'PT', region: 'Lisboa', city: 'Lisbon', latitude: 38.7, longitude: -9.1 };

export function session(part: Partial<Session> = {}): Session {
  return {
    session_id: '01930b5e-0000-7abc-8def-000000000001',
    is_current: false,
    device_type: 'desktop',
    device: null,
    browser: 'Chrome',
    browser_version: '140',
    os: 'Windows',
    os_version: '11',
    ip_address: '198.51.100.7',
    location: BERLIN,
    created_at: '2026-11-03T09:00:00Z',
    last_activity: '2026-11-25T09:29:50Z',
    expires_at: '2026-12-25T09:00:00Z',
    absolute_expires_at: '2027-11-03T09:00:00Z',
    auth_time: '2026-11-03T09:00:00Z',
    scope: 'user',
    binding: 'none',
    risk: { level: 'none', findings: [] },
    ...part,
  };
}

export const HERE = session({ is_current: true });

export const PHONE = session({
  session_id: '01930b5e-0000-7abc-8def-000000000002',
  device_type: 'mobile',
  device: 'iPhone',
  browser: 'Safari',
  browser_version: '18',
  os: 'iOS',
  os_version: '18',
  ip_address: '198.51.100.8',
  last_activity: '2026-11-25T09:18:00Z',
});

export const ABROAD = session({
  session_id: '01930b5e-0000-7abc-8def-000000000003',
  browser: 'Firefox',
  browser_version: '145',
  os: 'Linux',
  os_version: null,
  ip_address: '203.0.113.9',
  location: LISBON,
  created_at: '2026-11-25T07:30:00Z',
  last_activity: '2026-11-25T07:30:00Z',
  risk: {
    level: 'medium',
    findings: [
      {
        code: 'new_country',
        severity: 'medium',
        at: '2026-11-25T07:30:00Z',
        detail: { from: null, to: 'PT' },
      },
    ],
  },
});

export const NEW_COUNTRY: Recommendation = {
  code: 'new_country',
  severity: 'medium',
  session_id: ABROAD.session_id,
  detail: { at: '2026-11-25T07:30:00Z', device: 'Firefox on Linux', to: 'PT' },
};

export const UNKNOWN_DEVICE: Recommendation = {
  code: 'unknown_device',
  severity: 'low',
  session_id: ABROAD.session_id,
  detail: { at: '2026-11-25T07:30:00Z', device: 'Firefox on Linux', to: 'Firefox on Lin' },
};

export const TRAVEL: Recommendation = {
  code: 'impossible_travel',
  severity: 'high',
  session_id: ABROAD.session_id,
  detail: { at: '2026-11-25T07:30:00Z', from: 'DE', to: 'PT' },
};

export const ANALYTICS: Analytics = {
  active_sessions: 3,
  by_device: { desktop: 2, mobile: 1 },
  by_browser: { Chrome: 1, Safari: 1, Firefox: 1 },
  by_os: { Windows: 1, iOS: 1, Linux: 1 },
  by_country: { DE: 2, PT: 1 },
  sign_ins_by_day: Array.from({ length: 30 }, (_, index) => ({
    day: new Date(Date.UTC(2026, 9, 27 + index)).toISOString().slice(0, 10),
    count: index % 4,
  })),
  session_seconds: { median: 345_600, longest: 900_000 },
  failed_attempts: 0,
  limited_attempts: 0,
  events_by_severity: { info: 12 },
};

export function securityEvent(part: Partial<SecurityEvent> = {}): SecurityEvent {
  return {
    event_id: '01930b5f-0000-7abc-8def-000000000001',
    event_type: 'login',
    severity: 'info',
    session_id: ABROAD.session_id,
    created_at: '2026-11-25T07:30:00Z',
    details: { ip: '203.0.113.9', device: 'Firefox on Linux' },
    ...part,
  };
}

export const SIGNED_IN: Partial<LatchkeyState> = {
  status: 'signed-in',
  token: {
    state: 'valid',
    expiresAt: '2026-11-25T10:20:00.000Z',
    expiresIn: 3_000,
    needsRefresh: false,
    canRefresh: true,
    sessionId: HERE.session_id,
  },
  sessions: [HERE, PHONE, ABROAD],
  analytics: ANALYTICS,
  recommendations: [],
  sessionLimit: 5,
  confirmedAt: NOW.getTime(),
};

export const SIGNED_OUT: Partial<LatchkeyState> = {
  status: 'signed-out',
  token: { ...UNKNOWN_STATE.token, state: 'ended' },
  sessions: null,
  analytics: null,
  recommendations: [],
};
