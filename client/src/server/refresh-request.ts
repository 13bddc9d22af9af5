/** How does a server refresh in the name of a browser? `POST /refresh` with the browser's cookie and its client context. */

import type { Fetch } from './remote-keys.js';
import type { RenewalKeys } from './renewal-key.js';
import { isEdge, noStore, setCookiesOf } from './runtime.js';
import { trustedUrl } from './trusted-url.js';

/** Longer than the API takes: it responds within 3 s, if only with 503. */
const TIMEOUT_MS = 3_000;

/** Headers of the browser from which the API recognizes its device. Another device with the same token is a theft. */
const DEVICE_HEADERS = ['user-agent', 'sec-ch-ua-platform-version', 'sec-ch-ua-model'];

/** Headers that CloudFront adds: where the browser is. */
const PLACE_HEADERS = ['country', 'country-region', 'city', 'latitude', 'longitude'].map((name) => `cloudfront-viewer-${name}`);
const ADDRESS_HEADER = 'cloudfront-viewer-address';

/** The outcome of a refresh. `unknown`: there was no answer that decides, so the session may be active. */
export interface RefreshOutcome {
  readonly state: 'granted' | 'ended' | 'unknown';
  /** The `Set-Cookie` lines of the response. */
  readonly setCookies: readonly string[];
}

/** How the API is reached. */
export interface RefreshOptions {
  readonly fetch?: Fetch | undefined;
  /**
   * `CLOUDFRONT_ORIGIN_SECRET`, if the API has it. Only with this secret does the API accept the address of the browser
   * from your server; without it, your server's address is recorded. Set `apiUrl` as well, because CloudFront replaces
   * the secret and the address.
   */
  readonly originSecret?: string | undefined;
  /**
   * The browser's address, if your server is not behind CloudFront itself. Never take it from a header that a browser can
   * send. Default: the one of `CloudFront-Viewer-Address`.
   */
  readonly clientAddress?: ((request: Request) => string | undefined) | undefined;
}

/** Refreshes in flight. Page loads that a browser starts at the same time send the same cookie and share one refresh. */
const pending = new WeakMap<Fetch, Map<string, Promise<RefreshOutcome>>>();

/** The token to refresh, and the API. */
export interface RefreshTarget {
  readonly url: URL;
  readonly cookieName: string;
  readonly token: string;
  readonly keysOf: RenewalKeys;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Refreshes for the browser that sent `request`. It never rejects. */
export function refreshFor(request: Request, target: RefreshTarget, options: RefreshOptions): Promise<RefreshOutcome> {
  const { fetch = globalThis.fetch } = options;
  const { url, token } = target;
  const headers = { ...clientContext(request, options), cookie: `${target.cookieName}=${token}` };
  const send = async (): Promise<RefreshOutcome> => {
    const [key, ...previous] = await target.keysOf({ token, device: JSON.stringify(pick(request, DEVICE_HEADERS)), now: target.now });
    return refresh(fetch, url, { ...headers, 'idempotency-key': key }, JSON.stringify({ previous_keys: previous }));
  };
  if (isEdge()) return send();
  const shared = pending.get(fetch) ?? new Map<string, Promise<RefreshOutcome>>();
  pending.set(fetch, shared);
  // The key has the client context, too: the API must judge another device with the same cookie by itself.
  const key = JSON.stringify([url.href, headers]);
  const known = shared.get(key);
  if (known) return known;
  const outcome = send().finally(() => shared.delete(key));
  shared.set(key, outcome);
  return outcome;
}

/** The URL of `POST /refresh`. */
export function refreshUrl(apiUrl: string): URL {
  return trustedUrl(`${apiUrl.replace(/\/$/, '')}/refresh`, 'apiUrl');
}

function clientContext(request: Request, { originSecret, clientAddress }: RefreshOptions): Record<string, string> {
  const context = pick(request, DEVICE_HEADERS);
  if (originSecret === undefined) return context;
  const given = clientAddress?.(request);
  // CloudFront's header has a port after the address, so that the API cuts one off.
  const address = clientAddress ? given && `${given}:0` : request.headers.get(ADDRESS_HEADER);
  return {
    ...context,
    ...pick(request, PLACE_HEADERS),
    ...(address && { [ADDRESS_HEADER]: address }),
    'x-latchkey-origin-secret': originSecret,
  };
}

function pick({ headers }: Request, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? '']] : [])));
}

/** Sends the request again if there was no answer: the API may have rotated the token, and a repetition gets the same one. */
async function refresh(fetch: Fetch, url: URL, headers: Record<string, string>, body: string): Promise<RefreshOutcome> {
  const send = (): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: {
        ...headers,
        accept: 'application/json',
        'content-type': 'application/json',
        // The refresh has no other effect than cookies for the browser that sent this one, so no page can misuse it.
        'sec-fetch-site': 'same-origin',
      },
      body,
      ...noStore(),
      redirect: 'manual', // no other server may receive the cookie
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  try {
    const response = await send().catch(send);
    const setCookies = setCookiesOf(response.headers);
    if (response.status === 200) return { state: 'granted', setCookies };
    return { state: (await isFinal(response)) ? 'ended' : 'unknown', setCookies };
  } catch {
    return { state: 'unknown', setCookies: [] };
  }
}

/** Only a 401 with a code of the API ends the session; the 401 of a proxy or a password page does not. */
async function isFinal(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const body = (await response.json().catch(() => undefined)) as { readonly code?: unknown } | null | undefined;
  return ['session_ended', 'invalid_token', 'token_missing'].includes(String(body?.code));
}
