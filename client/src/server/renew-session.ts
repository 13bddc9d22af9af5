/**
 * May a server-rendered page show the user's data? `renewSession` answers that for a page request, and renews the session
 * if the access token in the cookie has expired, so that a user is still signed in after an hour.
 *
 * ```ts
 * const session = await renewSession(request, { issuer: 'https://app.example.com/api/auth', audience: 'shop' });
 * if (session.auth === null) return session.apply(Response.redirect(new URL('/sign-in', request.url)));
 * return session.apply(renderPage(session.auth.userId));
 * ```
 */

import { decodeJwt } from 'jose';
import type { Auth } from './auth.js';
import type { AccessTokenClaims } from './claims.js';
import { cookieNames, cookieOf, cookiePairs, type CookieNames } from './cookies.js';
import { cookiePolicy, type CookieOptions } from './credential.js';
import { AccessTokenError, VerificationUnavailableError } from './errors.js';
import { Refusal } from './refusal.js';
import { refreshFor, refreshUrl, type RefreshOptions, type RefreshOutcome } from './refresh-request.js';
import { renewalKeys, type RenewalKeyOptions } from './renewal-key.js';
import { headOfRequest } from './request-head.js';
import { createVerifier, type VerifyOptions } from './verify-access-token.js';

/** The options of {@link renewSession}. */
export interface RenewalOptions extends VerifyOptions, RefreshOptions, RenewalKeyOptions, CookieOptions {
  /** The URL of the API, if your server does not reach it at its issuer. Default: `issuer`. */
  readonly apiUrl?: string | undefined;
}

/** The session of a page request. */
export interface RenewedSession {
  /** The signed-in user, or null. */
  readonly auth: Auth | null;
  /**
   * - `signed-in`: `auth` is the user.
   * - `signed-out`: there is no session, or it has ended.
   * - `unknown`: the session may be active. Let the browser refresh: it has the refresh cookie, which it does not send
   *   after a click on a link of another site, the session is bound to a key of the browser, which no server has, the API
   *   could not be reached, or a page of another site sent a POST.
   */
  readonly state: 'signed-in' | 'signed-out' | 'unknown';
  /** The `Set-Cookie` lines for the browser. Without them the browser keeps a token that has been replaced. */
  readonly setCookies: readonly string[];
  /** The headers of the request with the new cookies, for code that runs after this one, such as server components. */
  readonly requestHeaders: Headers;
  /** Adds the `Set-Cookie` lines to a response, which no cache may then store. Return its result. */
  apply(response: Response): Response;
}

/** A token with less time left is renewed, so that it does not expire while the page loads. */
const RENEW_BEFORE_SECONDS = 60;

/**
 * Returns the session of a page request. It renews the session if the access cookie has expired, once for requests that
 * arrive at the same time. Call it for pages and not for assets. As with the guard, a POST of another site's page is not
 * signed in.
 *
 * @throws {TypeError} An option is missing or not valid.
 */
export async function renewSession(request: Request, options: RenewalOptions): Promise<RenewedSession> {
  const { apiUrl = options.issuer, now = () => Date.now() } = options;
  const verify = createVerifier(options);
  const url = refreshUrl(apiUrl);
  const keysOf = renewalKeys(options, options.cookieSecure ?? true);
  const names = cookieNames(options);
  // With `cookieDomain` the API also deletes the access cookie from before.
  const ours = [...Object.values(names), cookieNames({ ...options, cookieDomain: undefined }).access];
  const session = (state: RenewedSession['state'], claims?: AccessTokenClaims, lines: readonly string[] = []) =>
    sessionOf(request, ours, state, claims, lines);

  const mayUseCookies = cookiePolicy(options);
  const cookies = readCookies(request, names);
  if (!cookies || !mayUseCookies(headOfRequest(request))) return session('unknown');
  const { access, refresh } = cookies;
  const claims = await checked(verify, access);
  const time = await now();
  if (claims === 'unavailable') return session('unknown');
  if (claims && claims.exp - time / 1000 > RENEW_BEFORE_SECONDS) return session('signed-in', claims);
  if (refresh === undefined || isForeignSubresource(request)) {
    return claims ? session('signed-in', claims) : session(access === undefined ? 'signed-out' : 'unknown');
  }
  if (isBound(refresh)) return claims ? session('signed-in', claims) : session('unknown');
  const outcome = await refreshFor(request, { url, cookieName: names.refresh, token: refresh, keysOf, now: time }, options);
  if (outcome.state === 'ended') return session('signed-out', undefined, outcome.setCookies);
  const renewed = await checked(verify, valueIn(outcome, names.access));
  if (outcome.state === 'granted' && typeof renewed === 'object') return session('signed-in', renewed, outcome.setCookies);
  // The browser must have the new cookies, even if this server cannot verify them now.
  const lines = outcome.state === 'granted' ? outcome.setCookies : [];
  return claims ? session('signed-in', claims, lines) : session('unknown', undefined, lines);
}

type Cookies = { readonly [Kind in keyof CookieNames]: string | undefined };

/** Both cookies; `undefined` if one was sent twice, because no rule decides which of them is genuine. */
function readCookies(request: Request, names: CookieNames): Cookies | undefined {
  const head = headOfRequest(request);
  try {
    return { access: cookieOf(head, names.access), refresh: cookieOf(head, names.refresh) };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/**
 * Whether only the browser can refresh, because its session is bound to a key. The API would refuse this server as it refuses a
 * thief, and report it to the user.
 */
function isBound(refreshToken: string): boolean {
  try {
    return decodeJwt(refreshToken)['cnf'] !== undefined;
  } catch {
    return false;
  }
}

async function checked(verify: (token: string) => Promise<AccessTokenClaims>, token: string | undefined): Promise<AccessTokenClaims | 'unavailable' | undefined> {
  if (token === undefined) return undefined;
  return verify(token).catch((error: unknown) => {
    if (error instanceof AccessTokenError) return undefined;
    if (error instanceof VerificationUnavailableError) return 'unavailable';
    throw error;
  });
}

/** With `COOKIE_SAMESITE=none`, images of another site could otherwise use up the refresh limit of the user. */
function isForeignSubresource({ headers }: Request): boolean {
  return headers.get('sec-fetch-site') === 'cross-site' && headers.get('sec-fetch-mode') !== 'navigate';
}

function sessionOf(
  request: Request,
  names: readonly string[],
  state: RenewedSession['state'],
  claims: AccessTokenClaims | undefined,
  lines: readonly string[],
): RenewedSession {
  const auth = claims ? Object.freeze({ userId: claims.sub, sessionId: claims.sid, scope: claims.scope }) : null;
  // Only our cookies: a proxy between here and the API may set cookies of its own.
  const setCookies = lines.filter((line) => names.some((name) => line.startsWith(`${name}=`)));
  return {
    auth,
    state,
    setCookies,
    requestHeaders: withCookies(request, setCookies),
    apply: (response) => (setCookies.length === 0 ? response : withSetCookies(response, setCookies)),
  };
}

function withSetCookies(response: Response, setCookies: readonly string[]): Response {
  const { headers } = response;
  try {
    headers.set('cache-control', 'private, no-store');
  } catch {
    // The headers of `Response.redirect()` and of a fetched response cannot be changed.
    return withSetCookies(new Response(response.body, response), setCookies);
  }
  for (const line of setCookies) headers.append('set-cookie', line);
  return response;
}

/** The headers of the request as the browser would send them after it has stored the new cookies. */
function withCookies(request: Request, setCookies: readonly string[]): Headers {
  const headers = new Headers(request.headers);
  if (setCookies.length === 0) return headers;
  const replaced = setCookies.map(pairOf);
  const isReplaced = (pair: string): boolean => replaced.some(([name]) => pair.startsWith(`${name}=`));
  const kept = cookiePairs(headOfRequest(request)).filter((pair) => pair !== '' && !isReplaced(pair));
  const added = replaced.flatMap(([name, value]) => (value === '' ? [] : [`${name}=${value}`]));
  const line = [...kept, ...added].join('; ');
  if (line === '') headers.delete('cookie');
  else headers.set('cookie', line);
  return headers;
}

function valueIn({ setCookies }: RefreshOutcome, name: string): string | undefined {
  const [, value] = setCookies.map(pairOf).find(([each]) => each === name) ?? [];
  return value === '' ? undefined : value;
}

/** Name and value of a `Set-Cookie` line. */
function pairOf(line: string): readonly [name: string, value: string] {
  const [pair = ''] = line.split(';');
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
