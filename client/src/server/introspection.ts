/** Is the session of the token still active? `POST /introspect` (RFC 7662), authorized with the same token. */

import type { AccessTokenClaims } from './claims.js';
import { AccessTokenError, VerificationUnavailableError } from './errors.js';
import type { KeyOptions } from './key-source.js';
import { Refusal } from './refusal.js';
import type { Fetch } from './remote-keys.js';
import { underIssuer } from './trusted-url.js';

/** Longer than the API takes: it responds within 3 s, if only with 503. */
const TIMEOUT_MS = 3_000;

/** How far the API's clock and the local one may differ when a token is about to expire. */
const SKEW_SECONDS = 60;

/** Returns the scope that both the token and its active session grant. */
export type Introspect = (token: string, claims: AccessTokenClaims) => Promise<string>;

/**
 * Asks `/introspect` about a token whose signature and claims are verified.
 *
 * The returned function rejects with a {@link Refusal} if the session has ended, and with a
 * {@link VerificationUnavailableError} if the API cannot be reached, limits the request, or sends another response. In
 * the second case the request is not handled, and no user is signed out.
 */
export function introspection({ issuer, fetch = globalThis.fetch }: KeyOptions): Introspect {
  const url = underIssuer(issuer, 'introspect');
  return async (token, claims) => {
    const response = await send(fetch, url, token);
    if (response['active'] === true) return scopeFor(claims, response);
    if (response['active'] !== false) throw new VerificationUnavailableError('The response of /introspect is not valid by RFC 7662');
    // If the API's clock is ahead, a token that is about to expire is already inactive there, and its session goes on.
    if (claims.exp - Date.now() / 1000 <= SKEW_SECONDS) throw new AccessTokenError('expired');
    throw new Refusal('session_ended');
  };
}

async function send(fetch: Fetch, url: URL, token: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token }).toString(),
    cache: 'no-store',
    redirect: 'manual', // no other server may receive the token
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new VerificationUnavailableError('/introspect could not be reached', undefined, { cause });
  });
  if (response.status !== 200) {
    throw new VerificationUnavailableError(`/introspect responded with status ${response.status}`, retryAfter(response));
  }
  const body: unknown = await response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

function scopeFor(claims: AccessTokenClaims, response: Record<string, unknown>): string {
  const { sub, sid, scope } = response;
  if (sub === claims.sub && sid === claims.sid && typeof scope === 'string') return scope;
  throw new VerificationUnavailableError('The response of /introspect is about another session');
}

function retryAfter(response: Response): number | undefined {
  const seconds = response.headers.get('retry-after');
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) : undefined;
}
