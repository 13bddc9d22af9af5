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
  const { session, store, refreshKeys, backoffs, refreshPause, broadcast, request, peersReady, reportFailure, markSuccess, reschedule } = context;
  const tab = Math.random().toString(36);

  const readyToSend = async (): Promise<void> => {
    await peersReady();
    await refreshPause.whenOver();
  };

  /** Without a reason, if this page never had a session that could end. */
  const endReasonOf = ({ reason, code }: LatchkeyError): EndReason | null =>
    reason ?? (code === 'token_missing' && store.get().status === 'unknown' ? null : 'expired');

  const sendRefresh = async (refreshToken: string | undefined, keys: AttemptKeys): Promise<TokenResponse> => {
    const [, ...previous] = keys;
    const { body } = await request('/refresh', {
      method: 'POST',
      expectedField: 'session_id',
      // The server rotates the token also for a tab that is closed meanwhile, so its cookies must still arrive.
      keepalive: true,
      headers: keyHeader(keys),
      body: { refresh_token: refreshToken, ...previousKeys(previous) },
    });
    return body as TokenResponse;
  };

  const refresh = singleFlight(async () => {
    await readyToSend();
    if (store.get().status === 'signed-out') return session.tokenStatus();
    backoffs.refresh.throwIfWaiting();
    const epoch = session.epoch.token;
    let refreshToken: string | undefined;
    // In header mode another tab may have stored the next token before its message arrived here.
    const isCurrent = (): boolean => epoch === session.epoch.token && refreshToken === session.tokens?.get()?.refresh;
    const attempt = async (isLast: boolean): Promise<void> => {
      const keys = await refreshKeys.begin(session.knownSince());
      refreshToken = session.tokens?.get()?.refresh;
      // Another tab's token has arrived meanwhile, or the user has signed out.
      if (!isCurrent()) return;
      try {
        const granted = await sendRefresh(refreshToken, keys);
        // A key that was not used stays pending. With a new one it would take a place among the keys that the server knows.
        if (granted.key_used !== false) refreshKeys.complete(keys);
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
      await attempt(false);
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error;
      if (!isCurrent()) return session.tokenStatus();
      // Only the API's own 401 ends a session: a proxy or a firewall may respond with 401 as well.
      if (error.status === 401 && error.code !== 'not_latchkey') session.end(endReasonOf(error), error.code === 'session_ended');
      else reportFailure('refresh', error);
      throw error;
    } finally {
      broadcast({ type: 'refreshing', tab, active: false });
    }
    return session.tokenStatus();
  }, reschedule);

  const fetchStatus = async (): Promise<StatusResponse> => {
    const { body } = await request('/refresh', { expectedField: 'state', headers: session.authHeaders() });
    return body as StatusResponse;
  };

  const checkStatus = singleFlight(async () => {
    await readyToSend();
    // Header mode without a token, stored or from another tab: no user is signed in.
    if (store.get().status === 'unknown' && session.tokens && !session.authHeaders()) return session.end(null);
    if (backoffs.status.serverWait()) return;
    const epoch = session.epoch.token;
    const askedAt = Date.now();
    try {
      const status = await fetchStatus();
      if (epoch !== session.epoch.token) return;
      markSuccess('status');
      const hasToken = store.get().status === 'signed-in' || session.authHeaders() !== undefined;
      // The status is `none` also for an access token that the server cannot read. A refresh finds out whether the session has ended.
      if (status.state === 'none' && hasToken) await refresh.run();
      else session.acceptStatus(status, askedAt);
    } catch (error) {
      if (epoch === session.epoch.token && error instanceof LatchkeyError) reportFailure('status', error);
    }
  }, reschedule);

  return { refresh, checkStatus, fetchStatus };
}
