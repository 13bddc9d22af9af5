/** Does this runtime accept `cache: 'no-store'` in a request? Cloudflare Workers with a compatibility date before 2024-11-11 throw. */

let isSupported: boolean | undefined;

/** `cache: 'no-store'` for `fetch`, or nothing where the runtime has no cache mode. Such a runtime does not cache either. */
export function noStore(): { readonly cache?: 'no-store' } {
  isSupported ??= acceptsCacheMode();
  return isSupported ? { cache: 'no-store' } : {};
}

function acceptsCacheMode(): boolean {
  try {
    return new Request('https://latchkey.invalid/', { cache: 'no-store' }) instanceof Request;
  } catch {
    return false;
  }
}
