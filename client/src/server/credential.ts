/** Which access token does a request carry? The one of `Authorization: Bearer`; without that header, the one of the cookie. */

import { AccessTokenError } from './errors.js';
import { Refusal } from './refusal.js';
import type { RequestHead } from './request-head.js';

/** How the guard reads cookies. */
export interface CookieOptions {
  /** `COOKIE_SECURE`: whether the cookies have the prefix `__Host-`. Set it to false only for plain http on a laptop. Default: true. */
  readonly cookieSecure?: boolean | undefined;
  /**
   * `LATCHKEY_ALLOWED_ORIGINS`: origins, besides the app's own, whose pages may send the cookie with a POST, PUT,
   * PATCH or DELETE. Default: none.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/**
 * The one access token of a request, unverified.
 *
 * @throws {AccessTokenError} `Authorization` has another scheme, or there are two such headers.
 * @throws {Refusal} There is no token, a cookie was sent twice, or a page of another site sent the cookie.
 */
export function accessTokenOf(head: RequestHead, options: CookieOptions): string {
  const token = bearer(head);
  if (token !== undefined) return token;
  const cookie = accessCookie(head, options.cookieSecure ?? true);
  if (!SAFE_METHODS.includes(head.method.toUpperCase())) requireOwnPage(head, options.allowedOrigins ?? []);
  return cookie;
}

function bearer(head: RequestHead): string | undefined {
  const [value, ...others] = head.values('authorization');
  if (value === undefined) return undefined;
  const token = /^bearer (.*)$/i.exec(value)?.[1];
  if (token === undefined || others.length > 0) throw new AccessTokenError('malformed');
  return token.trim(); // two values joined with a comma are not a valid token
}

/** A refresh cookie without an access cookie is `token_expired`, so that the client refreshes instead of signing in. */
function accessCookie(head: RequestHead, secure: boolean): string {
  const prefix = secure ? '__Host-' : '';
  const token = cookie(head, `${prefix}latchkey_access`);
  if (token !== undefined) return token;
  const canRefresh = cookie(head, `${prefix}latchkey_refresh`) !== undefined;
  throw new Refusal(canRefresh ? 'token_expired' : 'token_missing');
}

/** Two cookies of one name are refused: an attacker may have added one, for example from a subdomain, and no rule decides which of them is genuine. */
function cookie(head: RequestHead, name: string): string | undefined {
  // Do not split at commas: the value of another cookie may contain one, and the text after it could imitate our cookie.
  const pairs = head.values('cookie').flatMap((line) => line.split(';')).map((pair) => pair.trim());
  const [value, ...others] = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  if (others.length > 0) throw Refusal.field('cookie', `${name} was sent twice`);
  return value === '' ? undefined : value;
}

/**
 * Refuses requests that a page of another site caused, because the browser attaches cookies to those as well. No page
 * can forge `Sec-Fetch-Site` and `Origin`. A request without both headers is refused.
 */
function requireOwnPage(head: RequestHead, allowedOrigins: readonly string[]): void {
  const [site] = head.values('sec-fetch-site');
  const [origin, ...others] = head.values('origin');
  const isAllowed = origin !== undefined && others.length === 0 && allowedOrigins.includes(origin);
  if (site === 'same-origin' || isAllowed) return;
  throw new Refusal('csrf_rejected', {
    detail: 'a cookie is accepted only from a page of this origin (Sec-Fetch-Site: same-origin) or of an allowed Origin',
  });
}
