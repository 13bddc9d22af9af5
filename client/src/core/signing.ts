/** How does a session begin and end by the user's own hand? */

import { backOff } from './back-off.js';
import type { Context } from './context.js';
import { LatchkeyError } from './errors.js';
import { listen, online } from './page.js';
import type { Refreshing, Status } from './refreshing.js';
import type { Granted } from './session.js';
import type { Session } from './types.js';

export interface Signing {
  signIn(assertion: string): Promise<Session>;
  signOut(): Promise<void>;
  stop(): void;
}

/** No epoch can undo a `Set-Cookie` that arrives late, so afterwards the server is asked what the cookies say. */
export function signing({ session, store, pause, tell, call, plan }: Context, { refresh, ask }: Refreshing): Signing {
  const inCookies = session.tokens === null;
  let turn: Promise<unknown> = Promise.resolve();
  let forget = (): void => {};

  /** One at a time, while the tabs hold still. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => {
      pause.begin();
      tell({ type: 'pause' });
      try {
        await pause.calm(refresh.current());
        return await work();
      } finally {
        pause.end();
        tell({ type: 'resume' });
        plan();
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  };

  /** What the cookies say; `null` where that cannot be told, or there are none. */
  const seen = async (): Promise<Status | null> => (inCookies ? ask().catch(() => null) : null);

  /** The id of the new session. */
  const open = (assertion: string): Promise<string> =>
    inTurn(async () => {
      for (let isLast = false; ; isLast = true) {
        const delivery = inCookies ? 'cookie' : 'body';
        const { body } = await call('/login', { method: 'POST', expect: 'session_id', body: { assertion, delivery } });
        const granted = body as Granted;
        // It ended the session before, by its cookie; a sign-out still to be sent would end this one.
        forget();
        session.granted(granted, true);
        const status = await seen();
        if (status === null || (status.session_id === granted.session_id && status.state !== 'ended')) return granted.session_id;
        if (!isLast) continue;
        session.learnt(status);
        if (status.session_id !== null) return status.session_id;
        throw new LatchkeyError('cookies_blocked', 'The browser does not keep our cookies: allow them for this site, or use header mode');
      }
    });

  /** Sends it until the server has heard; a refusal means that there is nothing left to end. */
  const revoke = async (id: string | null, refreshToken: string | undefined): Promise<void> => {
    const { owner } = session.epoch;
    const tries = backOff(true);
    const body = { strategy: 'current', ...(refreshToken !== undefined && { refresh_token: refreshToken }) };
    /** Whether the cookies still show it; they may be another session's by now. */
    const isThere = async (): Promise<boolean> => {
      const { state, session_id } = await ask();
      return state !== 'none' && state !== 'ended' && (id === null || session_id === id);
    };
    const attempt = async (isFirst: boolean): Promise<void> => {
      forget();
      if (owner !== session.epoch.owner) return;
      const send = (): Promise<unknown> => call('/revoke', { method: 'POST', expect: 'ended', body, keepalive: true });
      try {
        if (isFirst || !inCookies || (await isThere())) await send();
        if (isFirst && inCookies && (await isThere())) await send();
        store.set({ error: null, retryAt: null });
      } catch (error) {
        if (!(error instanceof LatchkeyError)) throw error;
        const { status, code } = error;
        if (code !== 'not_latchkey' && status !== null && status < 500 && status !== 429) return;
        const milliseconds = tries.failed(error) * 1000;
        const timer = setTimeout(() => void attempt(false), milliseconds);
        const unlisten = listen({ online: () => void attempt(false) });
        forget = () => {
          clearTimeout(timer);
          unlisten();
        };
        store.set({ error, online: online(), retryAt: Date.now() + milliseconds });
      }
    };
    return attempt(true);
  };

  return {
    async signIn(assertion) {
      const id = await open(assertion);
      return (await call(`/sessions/${id}`, { expect: 'session_id', headers: session.headers() })).body as Session;
    },
    signOut() {
      const id = session.id();
      const refreshToken = session.tokens?.get()?.refresh;
      session.end('signed_out');
      return inTurn(async () => {
        // A sign-in that was under way when this was asked for has landed meanwhile.
        const later = session.tokens?.get()?.refresh;
        session.end('signed_out');
        await revoke(id, later ?? refreshToken);
      });
    },
    stop: () => forget(),
  };
}
