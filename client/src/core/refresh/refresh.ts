/**
 * How does the client get its next token, and how does it find out whether it is signed in?
 *
 * Tabs take no lock, because a lock held by a frozen tab would do more harm than a second request. Instead tabs that refresh at
 * the same time send the same key, so that a slower tab receives the token of the faster one.
 */

import type { StatusResponse, TokenResponse } from '../api-responses.js';
import { LatchkeyError } from '../errors.js';
import { keyHeader, previousKeys, type AttemptKeys } from '../refresh-keys/refresh-keys.js';
import type { Context } from '../runtime/context.js';
import { hasLostDeviceKey } from '../session/session-state.js';
import type { ApiRequest, Fetch } from '../transport/transport.js';
import type { EndReason, TokenStatus } from '../types.js';
import { singleFlight, type SingleFlight } from '../util/single-flight.js';

export interface Refresher {
  readonly refresh: SingleFlight<TokenStatus>;
  /** Asks the server whether this client is signed in, and updates the state. */
  readonly checkStatus: SingleFlight<void>;
  /** Asks the same, and leaves the state to the caller. */
  fetchStatus(): Promise<StatusResponse>;
}

export function setupRefresh(context: Context): Refresher {
  const { session, store, binding, refreshKeys, backoffs, refreshPause, broadcast, request, peersReady, reportFailure, markSuccess, reschedule } = context;
  const tab = Math.random().toString(36);

  const readyToSend = async (): Promise<void> => {
    await peersReady();
    await refreshPause.whenOver();
  };

  /** Without a reason, if this page never had a session that could end. */
  const endReasonOf = ({ reason, code }: LatchkeyError): EndReason | null =>
    reason ?? (code === 'token_missing' && store.get().status === 'unknown' ? null : 'expired');

  const sendRefresh = async (refreshToken: string | undefined, keys: AttemptKeys, via: Fetch): Promise<TokenResponse> => {
    const [, ...previous] = keys;
    const what: ApiRequest = {
      method: 'POST',
      expectedField: 'session_id',
      // The server rotates the token also for a tab that is closed meanwhile, so its cookies must still arrive.
      keepalive: true,
      headers: keyHeader(keys),
      body: { refresh_token: refreshToken, ...previousKeys(previous) },
    };
    return (await request('/refresh', what, via)).body as TokenResponse;
  };

  /** The browser renews the token of a device-bound session before it sends this request. */
  const renewByBrowser = async (isCurrent: () => boolean): Promise<void> => {
    const status = await fetchStatus();
    // The user may have signed in again in another tab: then this is the status of the session before.
    if (!isCurrent()) return;
    markSuccess('refresh');
    if (status.state === 'none') session.end('expired');
    else session.acceptStatus(status);
  };

  /** Is the key lost, because no proof was accepted? Or the status, if the browser has bound the session since the last response. */
  const judgeKey = async (): Promise<StatusResponse | boolean> => {
    const status = session.tokens ? null : await fetchStatus().catch(() => null);
    return status?.binding === 'dbsc' ? status : binding.canRead();
  };

  const refresh = singleFlight(async () => {
    await readyToSend();
    if (store.get().status === 'signed-out') return session.tokenStatus();
    backoffs.refresh.throwIfWaiting();
    const epoch = session.epoch.token;
    let refreshToken = session.tokens?.get()?.refresh;
    // In header mode another tab may have stored the next token before its message arrived here.
    const isCurrent = (): boolean => epoch === session.epoch.token && refreshToken === session.tokens?.get()?.refresh;
    const attempt = async (isLast: boolean): Promise<void> => {
      // At the same time, so that a storage that hangs delays the request only once.
      const [keys, via] = await Promise.all([refreshKeys.begin(session.knownSince()), binding.forRefresh()]);
      refreshToken = session.tokens?.get()?.refresh;
      // Another tab's token has arrived meanwhile, or the user has signed out.
      if (!isCurrent()) return;
      try {
        const granted = await sendRefresh(refreshToken, keys, via);
        // A key that was not used stays pending. With a new one it would take a place among the keys that the server knows.
        if (granted.key_used !== false) refreshKeys.complete(keys);
        // Another tab has stored the token that this request gets as well, because the server returns the current one.
        if (granted.refresh_token && granted.refresh_token === session.tokens?.get()?.refresh) refreshToken = granted.refresh_token;
        if (!isCurrent()) return;
        markSuccess('refresh');
        session.acceptTokens(granted, false);
      } catch (error) {
        if ((error as LatchkeyError).code !== 'refresh_superseded') throw error;
        // The request was long on its way. The cookie is that of a later refresh by now, or will be.
        refreshKeys.close(keys);
        if (isLast || epoch !== session.epoch.token) throw error;
        await attempt(true);
      }
    };
    broadcast({ type: 'refreshing', tab, active: true });
    try {
      await (session.binding() === 'dbsc' ? renewByBrowser(isCurrent) : attempt(false));
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error;
      const judged = error.code === 'device_proof_required' && (await judgeKey());
      if (!isCurrent()) return session.tokenStatus();
      if (typeof judged === 'object') {
        session.acceptStatus(judged);
        return session.tokenStatus();
      }
      // Only the API's own 401 ends a session: a proxy or a firewall may respond with 401 as well.
      if (judged) session.end('key_lost');
      else if (error.status === 401 && error.code !== 'not_latchkey') session.end(endReasonOf(error), error.code === 'session_ended');
      else reportFailure('refresh', error);
      throw error;
    } finally {
      broadcast({ type: 'refreshing', tab, active: false });
    }
    return session.tokenStatus();
  }, reschedule);

  const fetchStatus = async (isRepeated = store.get().status !== 'unknown'): Promise<StatusResponse> => {
    const status = (await request('/refresh', { expectedField: 'state' }, binding.authorized)).body as StatusResponse;
    // A new tab asks twice, because a sign-out by mistake is worse than a request. Other tabs ask again later.
    return !isRepeated && hasLostDeviceKey(status) ? fetchStatus(true) : status;
  };

  const checkStatus = singleFlight(async () => {
    const wasUnknown = store.get().status === 'unknown';
    await readyToSend();
    // Another tab has sent its tokens meanwhile.
    if (wasUnknown && store.get().status === 'signed-in') return;
    // Header mode without a token, stored or from another tab: no user is signed in.
    if (store.get().status === 'unknown' && session.tokens && !session.tokens.get()) return session.end(null);
    if (backoffs.status.serverWait()) return;
    const epoch = session.epoch.token;
    const askedAt = Date.now();
    try {
      const status = await fetchStatus();
      if (epoch !== session.epoch.token) return;
      markSuccess('status');
      const hasToken = store.get().status === 'signed-in' || Boolean(session.tokens?.get());
      // The status is `none` also for an access token that the server cannot read. A refresh finds out whether the session has ended.
      if (status.state === 'none' && hasToken) return void (await refresh.run());
      const isBound = status.binding === 'dpop' && status.state !== 'ended';
      const isLost = isBound && (await binding.isKeyLost(status.session_id));
      if (epoch !== session.epoch.token) return;
      if (isLost) session.end('key_lost');
      else session.acceptStatus(status, askedAt);
    } catch (error) {
      if (epoch === session.epoch.token && error instanceof LatchkeyError) reportFailure('status', error);
    }
  }, reschedule);

  return { refresh, checkStatus, fetchStatus };
}
