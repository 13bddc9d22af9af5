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
