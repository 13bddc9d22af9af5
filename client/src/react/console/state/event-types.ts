/** Which types of events does this version know? */

import type { SecurityEvent } from '../../../core/types.js';

export type EventType = SecurityEvent['event_type'];

/** A record, so that the compiler notices a type that is missing. */
const KNOWN: Readonly<Record<EventType, true>> = {
  login: true,
  sign_in_refused: true,
  sign_in_confirmed: true,
  sign_in_reported: true,
  logout: true,
  session_ended: true,
  session_evicted: true,
  emergency_revocation: true,
  account_suspended: true,
  account_resumed: true,
  token_reused: true,
  state_regression: true,
  token_forged: true,
  blocked: true,
  rate_limited: true,
  token_replayed: true,
  assertion_reused: true,
  binding_failed: true,
  binding_missing: true,
  session_bound: true,
  provider_order_refused: true,
  admin_read: true,
  new_device: true,
  new_country: true,
  ip_changed: true,
  country_changed: true,
  impossible_travel: true,
  device_changed: true,
};

export const EVENT_TYPES = Object.keys(KNOWN) as readonly EventType[];
