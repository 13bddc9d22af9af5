/** What are the cookies of Latchkey called, and what is the value of one? `verifier/src/cookies.rs` has the same rules. */

import { Refusal } from './refusal.js';
import type { RequestHead } from './request-head.js';

/** The name of the cookie with the access token; `secure` as in `COOKIE_SECURE`. */
export function accessCookieName(secure: boolean): string {
  return secure ? '__Host-latchkey_access' : 'latchkey_access';
}

/** The name of the cookie with the refresh token. */
export function refreshCookieName(secure: boolean): string {
  return secure ? '__Host-latchkey_refresh' : 'latchkey_refresh';
}

/**
 * The value of a cookie, if the request has it.
 *
 * @throws {Refusal} Two cookies have that name: an attacker may have added one, for example from a subdomain, and no rule
 * decides which of them is genuine.
 */
export function cookieOf(head: RequestHead, name: string): string | undefined {
  const pairs = cookiePairs(head).filter((pair) => pair.startsWith(`${name}=`));
  const [value, ...others] = pairs.map((pair) => pair.slice(name.length + 1));
  if (others.length > 0) throw Refusal.field('cookie', `${name} was sent twice`);
  return value === undefined || value === '' || !isText(value) ? undefined : value;
}

/**
 * The pairs of `Cookie`, each as `name=value`. Not split at commas: the value of another cookie may contain one, and the
 * text after it could imitate our cookie.
 *
 * Only spaces and tabs are trimmed, and not what `String.prototype.trim` removes: the browser does not protect the name
 * `"\u00a0__Host-latchkey_access"`, so that a sibling site can set a cookie of that name for the parent domain.
 */
export function cookiePairs(head: RequestHead): readonly string[] {
  return head.values('cookie').flatMap((line) => line.split(';')).map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''));
}

/** Whether a value is ASCII. No token contains other characters, and runtimes decode those in different ways. */
function isText(value: string): boolean {
  return /^[\x20-\x7e\t]*$/.test(value);
}
