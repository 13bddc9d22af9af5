/** Which access token does a request carry? `Authorization: Bearer`, else the cookie; nothing falls back. */

import { AccessTokenError } from './errors.js';
import { Refusal } from './refusal.js';
import type { RequestHead } from './request-head.js';

/** How cookies are taken. */
export interface CookieOptions {
  /** `COOKIE_SECURE`: whether the cookies have the prefix `__Host-`; false for a laptop's plain http. Default: true. */
  readonly cookieSecure?: boolean | undefined;
  /**
   * `LATCHKEY_ALLOWED_ORIGINS`: origins, besides our own, whose pages may send the cookie with a POST, PUT, PATCH or
   * DELETE. Default: none.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/**
 * The one access token of a request, unverified.
 *
 * @throws {AccessTokenError} `Authorization` is of another scheme, or there are two.
 * @throws {Refusal} There is none, a cookie was sent twice, or it came from another site's page.
 */
export function accessTokenOf(head: RequestHead, options: CookieOptions): string {
  const token = bearer(head);
  if (token !== undefined) return token;
  const cookie = accessCookie(head, options.cookieSecure ?? true);
  if (!SAFE_METHODS.includes(head.method.toUpperCase())) expectOwnPage(head, options.allowedOrigins ?? []);
  return cookie;
}

function bearer(head: RequestHead): string | undefined {
  const [value, ...others] = head.values('authorization');
  if (value === undefined) return undefined;
  const token = /^bearer (.*)$/i.exec(value)?.[1];
  if (token === undefined || others.length > 0) throw new AccessTokenError('malformed');
  return token.trim(); // two that were joined with a comma are no token
}

/** With a refresh cookie and no access cookie the client should refresh, not sign in. */
function accessCookie(head: RequestHead, secure: boolean): string {
  const prefix = secure ? '__Host-' : '';
  const token = cookie(head, `${prefix}latchkey_access`);
  if (token !== undefined) return token;
  const canRefresh = cookie(head, `${prefix}latchkey_refresh`) !== undefined;
  throw new Refusal(canRefresh ? 'token_expired' : 'token_missing');
}

/** Two of one name: one of them was tossed in by somebody, and no rule says which. */
function cookie(head: RequestHead, name: string): string | undefined {
  // Not at commas: another cookie's value may have one, and what follows it would pass for a cookie of ours.
  const pairs = head.values('cookie').flatMap((line) => line.split(';')).map((pair) => pair.trim());
  const [value, ...others] = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  if (others.length > 0) throw Refusal.field('cookie', `${name} was sent twice`);
  return value === '' ? undefined : value;
}

/**
 * A browser attaches cookies to anyone's request; `Sec-Fetch-Site` and `Origin` tell whose it was, and no page can
 * forge them. Neither header is a refusal.
 */
function expectOwnPage(head: RequestHead, allowedOrigins: readonly string[]): void {
  const [site] = head.values('sec-fetch-site');
  const [origin, ...others] = head.values('origin');
  const isAllowed = origin !== undefined && others.length === 0 && allowedOrigins.includes(origin);
  if (site === 'same-origin' || isAllowed) return;
  throw new Refusal('csrf_rejected', {
    detail: 'cookies are taken from our own pages only: Sec-Fetch-Site: same-origin, or an allowed Origin',
  });
}
