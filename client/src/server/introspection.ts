/** Is the session of the token still active? `POST /introspect` (RFC 7662), authorized with the same token. */

import type { AccessTokenClaims } from './claims.js';
import { AccessTokenError, VerificationUnavailableError } from './errors.js';
import type { KeyOptions } from './key-source.js';
import type { Fetch } from './remote-keys.js';
import { noStore } from './runtime.js';
import { underIssuer } from './trusted-url.js';

/** Longer than the API takes: it responds within 3 s, if only with 503. */
const TIMEOUT_MS = 3_000;

/** Returns the scope that both the token and its active session grant. */
export type Introspect = (token: string, claims: AccessTokenClaims) => Promise<string>;

/**
 * Asks `/introspect` about a token whose signature and claims are verified.
 *
 * The returned function rejects with an {@link AccessTokenError} (`token_expired`) if the token is not active, and with a
 * {@link VerificationUnavailableError} if the API cannot be reached, limits the request, or sends another response. In
 * neither case is the request handled, and no user is signed out.
 *
 * `{"active":false}` has no reason (RFC 7662 section 2.2): the session may have ended, but the API may also not know the
 * token's key or audience yet, for example during a key rotation. `token_expired` lets the client refresh, and the
 * response to the refresh shows whether the session has ended.
 */
export function introspection({ issuer, fetch = globalThis.fetch }: KeyOptions): Introspect {
  const url = underIssuer(issuer, 'introspect');
  return async (token, claims) => {
    const response = await send(fetch, url, token);
    if (response['active'] === true) return scopeFor(claims, response);
    if (response['active'] !== false) throw new VerificationUnavailableError('The response of /introspect is not valid by RFC 7662');
    throw new AccessTokenError('inactive');
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
    ...noStore(),
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
  const { sub, sid, scope = '' } = response; // an empty scope may be left out
  if (sub === claims.sub && sid === claims.sid && typeof scope === 'string') return scope;
  throw new VerificationUnavailableError('The response of /introspect is about another session');
}

function retryAfter(response: Response): number | undefined {
  const seconds = response.headers.get('retry-after');
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) : undefined;
}
