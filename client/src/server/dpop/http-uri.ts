/** Is a proof for this URL? Compares as RFC 3986 section 6.2 normalizes, without query and fragment (RFC 9449 section 4.3). */

import { parseUrl } from '../runtime.js';

/** Refuses what a URL parser would repair, such as backslashes and spaces, because other parsers read it in other ways. */
const HTTP_URI = /^https?:\/\/[^\\\s\p{Cc}]+$/iu;
const UNRESERVED = /[A-Za-z\d._~-]/;

/** A URL with which the public URLs of a service begin, with what its gateway removes from the path. */
export interface BaseUrl {
  readonly origin: string;
  /** Without a slash at its end. */
  readonly path: string;
}

/**
 * A base URL, such as `https://api.example.com` or `https://example.com/shop`.
 *
 * @throws {TypeError} It is no http or https URL, or has a query, a fragment or a user name.
 */
export function parseBaseUrl(text: string, option: string): BaseUrl {
  const url = parseHttpUri(text);
  if (!url || /[?#]/.test(text)) {
    throw new TypeError(`${option}: expected URLs such as https://api.example.com, got ${JSON.stringify(text)}`);
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') };
}

/** Whether `htu` is the URL of a request for `target`, a path with or without a query, under one of `bases`. */
export function isSameUri(htu: string, bases: readonly BaseUrl[], target: string): boolean {
  const url = parseHttpUri(htu);
  const path = target.startsWith('/') ? target : parseUrl(target)?.pathname;
  if (!url || path === undefined) return false;
  return bases.some((base) => base.origin === url.origin && normalizedPath(parseUrl(base.origin + base.path + path)) === normalizedPath(url));
}

function parseHttpUri(text: string): URL | undefined {
  const url = HTTP_URI.test(text) ? parseUrl(text) : undefined;
  return url?.username || url?.password ? undefined : url;
}

/** The URL parser has removed dot segments. Escapes of unreserved characters are undone, the others are written in upper case. */
function normalizedPath(url: URL | undefined): string | undefined {
  return url?.pathname.replace(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(parseInt(escape.slice(1), 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
}
