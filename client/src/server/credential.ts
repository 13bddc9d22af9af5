/** Which access token does a request carry? The one of `Authorization: Bearer` or `DPoP`; without these, the one of the cookie. */

import { cookieNames, cookieOf, type CookieNameOptions, type CookieNames } from './cookies.js';
import { AccessTokenError } from './errors.js';
import { isOwnOrigin, parseOrigin } from './origin.js';
import { Refusal } from './refusal.js';
import { isSafeMethod, type RequestHead } from './request-head.js';

/** How the guard reads cookies. */
export interface CookieOptions extends CookieNameOptions {
  /**
   * `LATCHKEY_ALLOWED_ORIGINS`: origins, besides the app's own, whose pages may send the cookie with a POST, PUT,
   * PATCH or DELETE, such as `https://shop.example.com`. Default: none.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
}

/** Whether a request may use its cookies: see {@link cookiePolicy}. */
export type MayUseCookies = (head: RequestHead) => boolean;

/** The access token of a request, unverified. A token of the scheme `DPoP` needs a proof. */
export interface Credential {
  readonly scheme: 'bearer' | 'dpop' | 'cookie';
  readonly token: string;
}

/**
 * Returns the function that reads the one access token of a request, unverified.
 *
 * The function throws an {@link AccessTokenError} if `Authorization` is malformed or sent twice, and a {@link Refusal} if there is no token, a cookie was sent twice, or a page of another site sent the cookie.
 *
 * @throws {TypeError} `allowedOrigins` has an entry that is no origin, or as {@link cookieNames}.
 */
export function credentialReader(options: CookieOptions): (head: RequestHead) => Credential {
  const mayUseCookies = cookiePolicy(options);
  const names = cookieNames(options);
  return (head) => {
    const credential = authorization(head);
    if (credential) return credential;
    const token = accessCookie(head, names);
    if (mayUseCookies(head)) return { scheme: 'cookie', token };
    throw new Refusal('csrf_rejected', {
      detail: 'a cookie is accepted only from a page of this origin (Sec-Fetch-Site: same-origin) or of an allowed Origin',
    });
  };
}

/** A value of `Authorization` with another scheme than ours: `Basic YTpi`. A value without a space is no such value. */
const OTHER_SCHEME = /^(?!(?:bearer|dpop) )[!#$%&'*+.^_`|~\w-]+ +[^ ]/i;
/** One of our schemes within a value that fetch joined from several headers with commas. */
const OUR_SCHEME = /(?:^|,)[ \t]*(?:bearer|dpop)(?:[ \t,]|$)/i;

/**
 * The token of `Authorization: Bearer` or `DPoP`. Another scheme is no credential of ours: a site behind an HTTP password gets
 * `Basic` with every request of the browser. Everything else that is not one token is refused and does not fall back to the
 * cookie, because two credentials could be two users.
 */
function authorization(head: RequestHead): Credential | undefined {
  const values = head.values('authorization');
  if (values.every((value) => OTHER_SCHEME.test(value) && !OUR_SCHEME.test(withoutQuotes(value)))) return undefined;
  const [value = '', ...others] = values;
  const [, scheme, token] = /^(bearer|dpop) (.*)$/i.exec(value) ?? [];
  if (scheme === undefined || token === undefined || others.length > 0) throw new AccessTokenError('malformed');
  return { scheme: scheme.toLowerCase() as 'bearer' | 'dpop', token: token.trim() }; // two values joined with a comma are not a valid token
}

/** Without the text in quotation marks, such as the realm of `Digest`, which may contain commas. */
function withoutQuotes(value: string): string {
  return value.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}

/** A refresh cookie without an access cookie is `token_expired`, so that the client refreshes instead of signing in. */
function accessCookie(head: RequestHead, names: CookieNames): string {
  const token = cookieOf(head, names.access);
  if (token !== undefined) return token;
  const canRefresh = cookieOf(head, names.refresh) !== undefined;
  throw new Refusal(canRefresh ? 'token_expired' : 'token_missing');
}

/**
 * Returns the check whether a request may use its cookies: with a safe method always, otherwise only from a page of the
 * app, because browsers attach cookies to requests that a page of another site causes as well. No page can forge
 * `Sec-Fetch-Site` and `Origin`. Browsers without `Sec-Fetch-Site` send `Origin` also to the app's own host. A request
 * without both headers may not.
 *
 * @throws {TypeError} `allowedOrigins` has an entry that is no origin.
 */
export function cookiePolicy({ cookieSecure = true, allowedOrigins = [] }: CookieOptions): MayUseCookies {
  const allowed = new Set(allowedOrigins.map((origin) => parseOrigin(origin, 'allowedOrigins')));
  return (head) => {
    const [site] = head.values('sec-fetch-site');
    const [origin, ...others] = head.values('origin');
    if (isSafeMethod(head.method) || site === 'same-origin') return true;
    if (origin === undefined || others.length > 0) return false;
    return allowed.has(origin) || (site === undefined && isOwnOrigin(origin, head, cookieSecure));
  };
}
