/** Where may keys and answers come from? Over https alone; a laptop's loopback may go without. */

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * The URL, if what it answers can be believed.
 *
 * Whoever sits on a plain http line could hand out keys of their own and sign for anybody.
 *
 * @throws {TypeError} It is no URL, not https, or has a user name or password in it.
 */
export function trustedUrl(text: string | URL, option: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const encrypted = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.includes(url.hostname));
  if (!url || !encrypted || url.username || url.password) {
    throw new TypeError(`${option}: expected an https URL (http on loopback only) without credentials`);
  }
  return url;
}

/** A path under the issuer, as Latchkey serves its own: `https://host/api/auth` and `introspect`. */
export function underIssuer(issuer: string, path: string): URL {
  return trustedUrl(`${issuer.replace(/\/$/, '')}/${path}`, 'issuer');
}
