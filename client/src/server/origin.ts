/** Which origin is this, and is it the one of the request's own host? */

import type { RequestHead } from './request-head.js';
import { parseUrl } from './runtime.js';

/**
 * An origin as browsers send it, so without a default port.
 *
 * @throws {TypeError} The text is no origin of http or https.
 */
export function parseOrigin(text: string, option: string): string {
  const url = parseUrl(text);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  const hasMore = url && (url.pathname !== '/' || url.search || url.hash || url.username || url.password);
  if (!isWeb || hasMore) throw new TypeError(`${option}: expected origins such as https://app.example.com, got ${JSON.stringify(text)}`);
  return url.origin;
}

/**
 * Whether `origin` has the host and the port of the request itself. Cookies with `Secure` come over https alone, also if
 * a proxy forwards the request over http, so that the scheme follows from `secure`.
 */
export function isOwnOrigin(origin: string, head: RequestHead, secure: boolean): boolean {
  const schemes = secure ? ['https'] : ['http', 'https'];
  const hosts = head.hosts.filter((host) => /^[\w.:[\]-]+$/.test(host));
  const urls = hosts.flatMap((host) => schemes.map((scheme) => `${scheme}://${host}`));
  return urls.some((url) => parseUrl(url)?.origin === origin);
}
