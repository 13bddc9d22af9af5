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
export function signing({ session, store, pause, tell, call, hold, plan }: Context, { refresh, ask }: Refreshing): Signing {
  const inCookies = session.tokens === null;
  let turn: Promise<unknown> = Promise.resolve();
  /** What stops each ending that is still to be sent. */
  const owed = new Set<() => void>();
  let over = false;

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
        const before = session.tokens?.get()?.refresh;
        const isOther = session.id() !== granted.session_id && before !== granted.refresh_token;
        session.granted(granted, true);
        // A cookie has told the server which session this one replaces. It is not waited for, and fails nothing.
        if (before !== undefined && isOther) void insist(() => revoke({ strategy: 'token', token: before }), () => false);
        const status = await seen();
        if (status === null || (status.session_id === granted.session_id && status.state !== 'ended')) return granted.session_id;
        if (!isLast) continue;
        session.learnt(status);
        if (status.session_id !== null) return status.session_id;
        throw new LatchkeyError('cookies_blocked', 'The browser does not keep our cookies: allow them for this site, or use header mode');
      }
    });

  const revoke = (body: object): Promise<unknown> => call('/revoke', { method: 'POST', expect: 'ended', body, keepalive: true });

  /** Sends it until the server has heard; `concerns` says whether the state is still about it. */
  const insist = async (send: () => Promise<unknown>, concerns: () => boolean): Promise<void> => {
    const tries = backOff(true);
    const attempt = async (): Promise<void> => {
      try {
        await send();
        if (concerns()) store.set({ error: null, retryAt: null });
      } catch (error) {
        if (!(error instanceof LatchkeyError)) throw error;
        const { status, code } = error;
        // A refusal means that there is nothing left to end.
        if (over || (code !== 'not_latchkey' && status !== null && status < 500 && status !== 429)) return;
        const milliseconds = tries.failed(error) * 1000;
        const stop = (): void => {
          clearTimeout(timer);
          unlisten();
          owed.delete(stop);
        };
        const again = (): void => {
          stop();
          void attempt();
        };
        const timer = setTimeout(again, milliseconds);
        const unlisten = listen({ online: again });
        owed.add(stop);
        if (concerns()) store.set({ error, online: online(), retryAt: Date.now() + milliseconds });
      }
    };
    return attempt();
  };

  /** Ends the session that this client held. */
  const end = (id: string | null, refreshToken: string | undefined): Promise<void> => {
    const { owner } = session.epoch;
    const concerns = (): boolean => owner === session.epoch.owner;
    if (!inCookies) return insist(() => revoke({ strategy: 'current', ...(refreshToken !== undefined && { refresh_token: refreshToken }) }), concerns);
    /** Whether the cookies still show it; they may be another session's by now. */
    const isThere = async (): Promise<boolean> => {
      const { state, session_id } = await ask();
      return state !== 'none' && state !== 'ended' && (id === null || session_id === id);
    };
    let isFirst = true;
    return insist(async () => {
      // A sign-in has ended it by its cookie: what there is now is not ours to end.
      if (!concerns()) return;
      const wasFirst = isFirst;
      isFirst = false;
      if (wasFirst) await revoke({ strategy: 'current' });
      if (await isThere()) await revoke({ strategy: 'current' });
    }, concerns);
  };

  return {
    async signIn(assertion) {
      const id = await open(assertion);
      const answer = call(`/sessions/${id}`, { expect: 'session_id', headers: session.headers() });
      answer.catch((error: LatchkeyError) => hold('read', error));
      return (await answer).body as Session;
    },
    signOut() {
      const id = session.id();
      const refreshToken = session.tokens?.get()?.refresh;
      session.end('signed_out');
      return inTurn(async () => {
        // A sign-in that was under way when this was asked for has landed meanwhile.
        const later = session.tokens?.get()?.refresh;
        session.end('signed_out');
        await end(id, later ?? refreshToken);
      });
    },
    stop() {
      over = true;
      for (const stop of owed) stop();
    },
  };
}
