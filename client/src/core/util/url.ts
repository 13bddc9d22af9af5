/** Where does a URL lead? Works as well where `URL` is incomplete, as in React Native. */

/** The origin, if the URL alone names it. Strict, so that no other parser can find another host in it. */
const ABSOLUTE = /^https?:\/\/[a-z\d.-]+(:\d+)?(?=[/?#]|$)/i;

/** The address of the page. A server has no page; relative URLs are not fetched there. */
function pageUrl(): string {
  return globalThis.location?.href ?? 'https://latchkey.invalid';
}

/** The origin of a URL, relative to the page; `null` if it has none that can be compared. */
export function originOf(url: string | URL): string | null {
  try {
    // React Native before 0.80 throws for `origin`.
    return new URL(url, pageUrl()).origin;
  } catch {
    return ABSOLUTE.exec(String(url))?.[0].toLowerCase() ?? null;
  }
}

/** The same for each spelling of a URL: `/api/auth` and `https://app.example.com/api/auth` are one API. */
export function absoluteUrl(url: string): string {
  try {
    return new URL(url, pageUrl()).href;
  } catch {
    return url;
  }
}
