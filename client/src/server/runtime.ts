/** What can this runtime not do? */

let acceptsNoStore: boolean | undefined;

/**
 * `cache: 'no-store'` for `fetch`, or nothing where the runtime has no cache mode: Cloudflare Workers with a compatibility
 * date before 2024-11-11 throw for it. They do not cache either.
 */
export function noStore(): { readonly cache?: 'no-store' } {
  acceptsNoStore ??= acceptsCacheMode();
  return acceptsNoStore ? { cache: 'no-store' } : {};
}

function acceptsCacheMode(): boolean {
  try {
    return new Request('https://latchkey.invalid/', { cache: 'no-store' }) instanceof Request;
  } catch {
    return false;
  }
}

/** Whether a request may not wait for the I/O of another request, as on Cloudflare Workers and Vercel's edge runtime. */
export function isEdge(): boolean {
  // Workers with a compatibility date before 2022-03-21 have no `navigator`, but `WebSocketPair`.
  return 'WebSocketPair' in globalThis || 'EdgeRuntime' in globalThis;
}

/** The URL, or nothing. `URL.canParse` is missing on Workers with a compatibility date before 2022-10-31. */
export function parseUrl(text: string | URL): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** The `Set-Cookie` lines. `getSetCookie` is missing on Workers with a compatibility date before 2023-03-01. */
export function setCookiesOf(headers: Headers & { getAll?(name: string): string[] }): readonly string[] {
  return typeof headers.getSetCookie === 'function' ? headers.getSetCookie() : (headers.getAll?.('set-cookie') ?? []);
}
