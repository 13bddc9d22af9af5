/** How does a request carry the token, and what does a 401 mean? The same for the app's requests and the client's own. */

import { addOnOf } from '../runtime/add-ons.js';
import type { Internals } from '../runtime/context.js';
import { isProblem, type Problem } from '../transport/response.js';
import type { Fetch } from '../transport/transport.js';
import type { EndReason, Latchkey } from '../types.js';
import { countdown, type Countdown } from '../util/countdown.js';
import { originOf } from '../util/url.js';

/** The codes of a 401 after which a new token helps. */
const REFRESHABLE_CODES = ['token_missing', 'token_expired', 'invalid_token'];

/**
 * A drop-in `fetch` for the app's own requests: after a 401 that a new token can solve, it refreshes and repeats the
 * request, once. It does not refresh for a token that was granted within the last minute: the caller gets the 401. It
 * is the same function each time it is called with the same client.
 *
 * ```ts
 * const fetch = fetchOf(latchkey);
 * const orders = await fetch('/api/orders');
 * ```
 */
export function fetchOf(client: Latchkey): Fetch {
  return addOnOf(client, authenticatedFetch);
}

/** The add-on behind {@link fetchOf}. */
export function authenticatedFetch({ session, store, backoffs, refresh, fetch, binding, baseUrl }: Internals): Fetch {
  const { tokens } = session;
  /** The origins that refused a new token, for as long as that token lasts. */
  const refusing = new Map<string, Countdown>();
  const isTrusted = (origin: string): boolean => {
    // The browser decides where cookies go. A token goes to the API, and to the origins that the app listed.
    const others = tokens ? tokens.origins : [originOf('')];
    return [originOf(baseUrl), ...others].includes(origin);
  };

  /** Whether a new token may help. Ends the session, if the response reports its end. */
  const isRefreshable = async (response: Response, sessionEpoch: number): Promise<boolean> => {
    if (response.status !== 401) return false;
    const { code, reason } = isProblem(response.headers) ? ((await response.clone().json().catch(() => ({}))) as Problem) : {};
    if (code === 'session_ended' && sessionEpoch === session.epoch.session) session.end((reason as EndReason | undefined) ?? 'expired', true);
    if (typeof code === 'string') return REFRESHABLE_CODES.includes(code);
    return /^(Bearer|DPoP)\b.*\berror="?invalid_token/i.test(response.headers.get('www-authenticate') ?? '');
  };

  return async (input, init) => {
    const isRequest = typeof input === 'object' && 'url' in input;
    const origin = originOf(isRequest ? input.url : input);
    if (origin === null || !isTrusted(origin)) return fetch(input, init);
    await tokens?.ready();

    // On a redirect to another origin the browser removes the header with the token.
    const send = (): Promise<Response> => binding.authorized(isRequest ? input.clone() : input, init);
    /** Refreshes once for each call. If the refresh fails, the caller gets the response to its own request. */
    let hasRefreshed = false;
    const refreshOnce = async (): Promise<void> => {
      if (hasRefreshed || store.get().status === 'signed-out') return;
      hasRefreshed = true;
      await refresh.run().catch(() => undefined);
    };

    if (store.get().status === 'signed-in' && session.secondsLeft() <= 0 && backoffs.refresh.secondsLeft() === 0) await refreshOnce();
    const { token: tokenEpoch, session: sessionEpoch } = session.epoch;
    const response = await send();
    if (!(await isRefreshable(response, sessionEpoch))) {
      if (response.ok) refusing.delete(origin);
      return response;
    }
    // Another token would be refused as well, and many refreshes end in the limit, or look like a theft in several tabs.
    const isUseless = session.isTokenNew() || (refusing.get(origin)?.() ?? 0) > 0;
    if (tokenEpoch === session.epoch.token && !isUseless) await refreshOnce();
    // Without a new token, for another session, or with a body that is used up, a second request makes no sense.
    const isStream = typeof (init?.body as ReadableStream | undefined)?.getReader === 'function';
    if (tokenEpoch === session.epoch.token || sessionEpoch !== session.epoch.session || isStream) return response;
    const repeated = await send();
    if (await isRefreshable(repeated, sessionEpoch)) refusing.set(origin, countdown(session.secondsLeft()));
    return repeated;
  };
}
