/** Does the token's session still live? Asked of `POST /introspect`, with the very token as Bearer (RFC 7662). */

import type { AccessTokenClaims } from './claims.js';
import { AccessTokenError, CannotTellError } from './errors.js';
import type { KeyOptions } from './key-source.js';
import { Refusal } from './refusal.js';
import type { Fetch } from './remote-keys.js';
import { underIssuer } from './trusted-url.js';

/** The API answers within 3 s, or with 503. */
const TIMEOUT_MS = 3_000;

/** How far apart the API's clock and ours may be near the end of a token. */
const SKEW_SECONDS = 60;

/** What both the token and its live session grant. */
export type LiveScope = (token: string, claims: AccessTokenClaims) => Promise<string>;

/**
 * A question for `/introspect`, about a token that has been verified.
 *
 * The function rejects with a {@link Refusal} when the session has ended, and with {@link CannotTellError} when the
 * API cannot be reached, is limited, or answers anything else: nobody is let in, and nobody signed out.
 */
export function liveScope({ issuer, fetch = globalThis.fetch }: KeyOptions): LiveScope {
  const url = underIssuer(issuer, 'introspect');
  return async (token, claims) => {
    const answer = await ask(fetch, url, token);
    if (answer['active'] === true) return grantedTo(claims, answer);
    if (answer['active'] !== false) throw new CannotTellError('The answer of /introspect is not one of RFC 7662');
    // An API whose clock is ahead of ours calls a token inactive that merely expires: that must sign nobody out.
    if (claims.exp - Date.now() / 1000 <= SKEW_SECONDS) throw new AccessTokenError('expired');
    throw new Refusal('session_ended');
  };
}

async function ask(fetch: Fetch, url: URL, token: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token }).toString(),
    cache: 'no-store',
    redirect: 'manual', // the token goes to the API and nowhere else
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new CannotTellError('/introspect cannot be reached', undefined, { cause });
  });
  if (response.status !== 200) {
    throw new CannotTellError(`/introspect answered with status ${response.status}`, retryAfter(response));
  }
  const answer: unknown = await response.json().catch(() => undefined);
  return typeof answer === 'object' && answer !== null ? { ...answer } : {};
}

function grantedTo(claims: AccessTokenClaims, answer: Record<string, unknown>): string {
  const { sub, sid, scope } = answer;
  if (sub === claims.sub && sid === claims.sid && typeof scope === 'string') return scope;
  throw new CannotTellError('The answer of /introspect is about another session');
}

function retryAfter(response: Response): number | undefined {
  const seconds = response.headers.get('retry-after');
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) : undefined;
}
