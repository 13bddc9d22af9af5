/** Which URLs may keys and introspection responses come from? Only https ones; on loopback also http. */

import { parseUrl } from './runtime.js';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * The URL, if its responses can be trusted. Over plain http an attacker on the network could send keys of their own and
 * sign tokens for every user.
 *
 * @throws {TypeError} It is no URL, not https, or contains a user name or a password.
 */
export function trustedUrl(text: string | URL, option: string): URL {
  const url = parseUrl(text);
  const encrypted = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.includes(url.hostname));
  if (!url || !encrypted || url.username || url.password) {
    throw new TypeError(`${option}: expected an https URL (http on loopback only) without credentials`);
  }
  return url;
}

/** The URL of a path under the issuer, such as `introspect` under `https://host/api/auth`. */
export function underIssuer(issuer: string, path: string): URL {
  return trustedUrl(`${issuer.replace(/\/$/, '')}/${path}`, 'issuer');
}
