/** How do calls carry the token, and what does a 401 mean? The app's own calls and ours alike. */

import type { Core } from './context.js';
import { isProblem, type Fetch, type Problem } from './transport.js';
import type { EndReason, Latchkey } from './types.js';

/** The 401s that a new token mends. */
const MENDABLE = ['token_missing', 'token_expired', 'invalid_token'];

/**
 * A drop-in `fetch` for the app's own calls, always the same one for a client: what a refresh can mend is mended once.
 *
 * ```ts
 * const fetch = fetchOf(latchkey);
 * const orders = await fetch('/api/orders');
 * ```
 */
export function fetchOf(client: Pick<Latchkey, 'part'>): Fetch {
  return client.part(authenticated);
}

/** A `fetch` that refreshes once and repeats once. */
export function authenticated({ session, store, tries, refresh, fetch, baseUrl }: Core): Fetch {
  const { tokens } = session;
  const trusted = (url: URL, page: string): boolean => {
    // Cookies go by the browser's own rules; a token only where the app said so.
    const others = tokens ? tokens.origins : [new URL(page).origin];
    return [new URL(baseUrl, page).origin, ...others].includes(url.origin);
  };

  /** Whether a new token may help; ends the session where the answer says that it has ended. */
  const mendable = async (response: Response, owner: number): Promise<boolean> => {
    if (response.status !== 401) return false;
    const { code, reason } = isProblem(response.headers) ? ((await response.clone().json().catch(() => ({}))) as Problem) : {};
    if (code === 'session_ended' && owner === session.epoch.owner) session.end((reason as EndReason | undefined) ?? 'expired', true);
    if (typeof code === 'string') return MENDABLE.includes(code);
    return /^Bearer\b.*\berror="?invalid_token/i.test(response.headers.get('www-authenticate') ?? '');
  };

  return async (input, init) => {
    // A server has no page; nothing relative is fetched there.
    const page = globalThis.location?.href ?? 'https://latchkey.invalid';
    const isRequest = input instanceof Request;
    if (!trusted(new URL(isRequest ? input.url : input, page), page)) return fetch(input, init);

    const send = (): Promise<Response> => {
      const access = tokens?.get()?.access;
      const again = isRequest ? input.clone() : input;
      if (access === undefined) return fetch(again, init);
      const headers = new Headers(init?.headers ?? (isRequest ? input.headers : undefined));
      // An app that brings its own means it. The browser drops ours on a redirect to another origin.
      if (!headers.has('authorization')) headers.set('authorization', `Bearer ${access}`);
      return fetch(again, { ...init, headers });
    };
    /** One refresh a call; whatever it says, the caller gets the answer of the call. */
    let refreshed = false;
    const renew = async (): Promise<void> => {
      if (refreshed || store.get().status === 'signed-out') return;
      refreshed = true;
      await refresh.run().catch(() => undefined);
    };

    if (store.get().status === 'signed-in' && session.left() <= 0 && tries.refresh.left() === 0) await renew();
    const { token, owner } = session.epoch;
    const response = await send();
    if (!(await mendable(response, owner))) return response;
    if (token === session.epoch.token) await renew();
    // Nothing new to show, another session's answer, or a body that is gone: the caller's 401.
    const isStream = typeof (init?.body as ReadableStream | undefined)?.getReader === 'function';
    if (token === session.epoch.token || owner !== session.epoch.owner || isStream) return response;
    const repeated = await send();
    await mendable(repeated, owner);
    return repeated;
  };
}
