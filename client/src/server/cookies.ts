/** What are the cookies of Latchkey called, and what is the value of one? `verifier/src/cookies.rs` has the same rules. */

import { Refusal } from './refusal.js';
import type { RequestHead } from './request-head.js';
import { parseUrl } from './runtime.js';

/** The options that decide the names of the cookies. They must have the values of the API's settings. */
export interface CookieNameOptions {
  /** `LATCHKEY_ISSUER`, such as `https://app.example.com/api/auth`. */
  readonly issuer: string;
  /** `COOKIE_SECURE`: whether the cookies have the prefix `__Host-`. Set it to false only for plain http on a laptop. Default: true. */
  readonly cookieSecure?: boolean | undefined;
  /** `COOKIE_NAME`. Default: `latchkey`, and the port if the URL of `issuer` has one. */
  readonly cookieName?: string | undefined;
  /** `COOKIE_DOMAIN`: the domain whose hosts share the access cookie, such as `example.com`. Default: none. */
  readonly cookieDomain?: string | undefined;
}

/** The names of both cookies. */
export interface CookieNames {
  readonly access: string;
  readonly refresh: string;
}

/**
 * The names of both cookies.
 *
 * @throws {TypeError} An option is not valid, or the issuer's host is not in `cookieDomain`.
 */
export function cookieNames({ issuer, cookieSecure = true, cookieName, cookieDomain }: CookieNameOptions): CookieNames {
  const name = cookieName ?? defaultName(issuer);
  if (!/^[a-z\d][\w-]{0,31}$/i.test(name)) {
    throw new TypeError('cookieName: expected 1 to 32 letters, digits, hyphens or underscores, of which the first is a letter or a digit');
  }
  if (cookieDomain !== undefined) checkDomain(cookieDomain, issuer, cookieSecure);
  const prefix = cookieSecure ? '__Host-' : '';
  return {
    access: `${cookieDomain === undefined ? prefix : '__Secure-'}${name}_access`,
    refresh: `${prefix}${name}_refresh`,
  };
}

/**
 * The name of the access cookie, for code that reads it itself.
 *
 * @throws {TypeError} As {@link cookieNames}.
 */
export function accessCookieName(options: CookieNameOptions): string {
  return cookieNames(options).access;
}

/** With the port, because browsers send a cookie to all ports of a host: two projects on one laptop need two names. */
function defaultName(issuer: string): string {
  const port = parseUrl(issuer)?.port ?? '';
  return port === '' ? 'latchkey' : `latchkey_${port}`;
}

function checkDomain(domain: string, issuer: string, secure: boolean): void {
  const isDomain = /^(?=.{1,253}$)[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})+$/.test(domain) && !/\.\d+$/.test(domain);
  const host = parseUrl(issuer)?.hostname ?? '';
  const isPublicSuffix = /^(ac|co|com|edu|gov|mil|net|org)\.[a-z]{2}$/.test(domain);
  if (!isDomain || isPublicSuffix) throw new TypeError('cookieDomain: expected your domain, such as example.com, in lower case, and neither an IP address nor a public suffix');
  if (host !== domain && !host.endsWith(`.${domain}`)) {
    throw new TypeError("cookieDomain: expected the issuer's host or a domain above it, as example.com for auth.example.com");
  }
  if (!secure) throw new TypeError('cookieDomain: requires cookieSecure, because any page without encryption could replace the cookie otherwise');
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
