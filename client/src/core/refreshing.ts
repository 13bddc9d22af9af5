/**
 * How does the client get its next token, and how does it learn where it stands?
 *
 * There is no lock between tabs: a lock that is held by a frozen tab is worse than a request too many. A refresh says
 * which token it means to replace, so that whoever was overtaken gets what the faster tab got.
 */

import type { Context } from './context.js';
import { LatchkeyError } from './errors.js';
import { flight, type Flight } from './flight.js';
import type { Granted } from './session.js';
import type { components } from '../api.js';
import type { EndReason, TokenStatus } from './types.js';

export type Status = components['schemas']['Status'];

/** Older than every token: whatever another tab got within the server's grace will do. */
const OLDEST = '1970-01-01T00:00:00Z';

export interface Refreshing {
  readonly refresh: Flight<TokenStatus>;
  /** Asks the server how this client stands. */
  readonly check: Flight<void>;
  /** The raw answer; whoever asks judges it. */
  ask(): Promise<Status>;
}

export function refreshing({ session, store, tries, pause, tell, call, greeted, failed, worked, plan }: Context): Refreshing {
  const tab = Math.random().toString(36);

  /** Everybody holds still, and the others have had their say. */
  const still = async (): Promise<void> => {
    await greeted();
    await pause.over();
  };

  /** A page on which nobody has signed in has lost nothing. */
  const reasonOf = ({ reason, code }: LatchkeyError): EndReason | null =>
    reason ?? (code === 'token_missing' && store.get().status === 'unknown' ? null : 'expired');

  const refresh = flight(async () => {
    await still();
    if (store.get().status === 'signed-out') return session.status();
    tries.refresh.allowed();
    const started = session.epoch.token;
    const sent = session.tokens?.get()?.refresh;
    // In header mode another tab may have stored its successor before we heard of it.
    const current = (): boolean => started === session.epoch.token && sent === session.tokens?.get()?.refresh;
    tell({ type: 'flight', tab, up: true });
    try {
      const { body } = await call('/refresh', { method: 'POST', expect: 'session_id', body: { refresh_token: sent, replaces: session.ends() ?? OLDEST } });
      if (current()) {
        worked('refresh');
        session.granted(body as Granted, false);
      }
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error;
      if (!current()) return session.status();
      // Only our own, typed refusal ends anything: an edge or a proxy may say 401, too.
      if (error.status === 401 && error.code !== 'not_latchkey') session.end(reasonOf(error), error.code === 'session_ended');
      else failed('refresh', error);
      throw error;
    } finally {
      tell({ type: 'flight', tab, up: false });
    }
    return session.status();
  }, plan);

  const ask = async (): Promise<Status> => {
    const { body } = await call('/refresh', { expect: 'state', headers: session.headers() });
    return body as Status;
  };

  const check = flight(async () => {
    await still();
    // Neither kept nor brought by another tab: nobody is signed in.
    if (store.get().status === 'unknown' && session.tokens && !session.headers()) return session.end(null);
    if (tries.status.running()) return;
    const started = session.epoch.token;
    try {
      const answer = await ask();
      if (started !== session.epoch.token) return;
      worked('status');
      const holds = store.get().status === 'signed-in' || session.headers() !== undefined;
      // `none` is also what an older token is told: whether that is the end is for a refresh to say.
      if (answer.state === 'none' && holds) await refresh.run();
      else session.learnt(answer);
    } catch (error) {
      if (started === session.epoch.token && error instanceof LatchkeyError) failed('status', error);
    }
  }, plan);

  return { refresh, check, ask };
}
