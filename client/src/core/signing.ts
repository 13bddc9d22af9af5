/** How does a session begin and end by the user's own hand? */

import { backOff } from './back-off.js';
import type { Context } from './context.js';
import { LatchkeyError } from './errors.js';
import { listen, online } from './page.js';
import type { Refreshing, Status } from './refreshing.js';
import type { Granted } from './session.js';

export interface Signing {
  signIn(assertion: string): Promise<void>;
  signOut(): Promise<void>;
  stop(): void;
}

/** No epoch can undo a `Set-Cookie` that arrives late, so afterwards the server is asked what the cookies say. */
export function signing({ options, session, store, pause, tell, call }: Context, { refresh, ask }: Refreshing): Signing {
  const inCookies = options.mode !== 'header';
  let turn: Promise<unknown> = Promise.resolve();
  let forget = (): void => {};

  /** One at a time, while the tabs hold still. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = turn.then(async () => {
      pause.begin();
      tell({ type: 'pause' });
      try {
        await pause.calm(refresh.current());
        await work();
      } finally {
        pause.end();
        tell({ type: 'resume' });
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  };

  /** What the cookies say; `null` where that cannot be told, or there are none. */
  const seen = async (): Promise<Status | null> => (inCookies ? ask().catch(() => null) : null);

  const signIn = (assertion: string): Promise<void> =>
    inTurn(async () => {
      for (const isLast of [false, true]) {
        const delivery = inCookies ? 'cookie' : 'body';
        const { body } = await call('/login', { method: 'POST', expect: 'session_id', body: { assertion, delivery } });
        const granted = body as Granted;
        // It ended the session before, by its cookie; a sign-out still to be sent would end this one.
        forget();
        session.granted(granted, true);
        const status = await seen();
        if (status === null || (status.session_id === granted.session_id && status.state !== 'ended')) return;
        if (!isLast) continue;
        if (status.state !== 'none') return session.learnt(status);
        session.end(null);
        throw new LatchkeyError('cookies_blocked', 'The browser does not keep our cookies: allow them for this site, or use header mode');
      }
    });

  /** Sends it until the server has heard; a refusal means that there is nothing left to end. */
  const revoke = async (id: string | null, refreshToken: string | undefined): Promise<void> => {
    const { owner } = session.epoch;
    const tries = backOff(true);
    const body = { strategy: 'current', ...(refreshToken !== undefined && { refresh_token: refreshToken }) };
    const attempt = async (isRepeat = false): Promise<void> => {
      forget();
      if (owner !== session.epoch.owner) return;
      try {
        await call('/revoke', { method: 'POST', expect: 'ended', body, keepalive: true });
        const status = await seen();
        const lives = status !== null && status.state !== 'ended' && status.state !== 'none' && (id === null || status.session_id === id);
        if (lives && !isRepeat) return attempt(true);
        store.set({ error: null, retryAt: null });
      } catch (error) {
        if (!(error instanceof LatchkeyError)) throw error;
        const { status, code } = error;
        if (code !== 'not_latchkey' && status !== null && status < 500 && status !== 429) return;
        const milliseconds = tries.failed(error) * 1000;
        const timer = setTimeout(() => void attempt(), milliseconds);
        const unlisten = listen(globalThis, 'online', () => void attempt());
        forget = () => {
          clearTimeout(timer);
          unlisten();
        };
        store.set({ error, online: online(), retryAt: Date.now() + milliseconds });
      }
    };
    return attempt();
  };

  return {
    signIn,
    signOut() {
      const id = session.id();
      const refreshToken = session.tokens()?.refresh;
      session.end('signed_out');
      return inTurn(async () => {
        // A sign-in that was under way when this was asked for has landed meanwhile.
        const later = session.tokens()?.refresh;
        session.end('signed_out');
        await revoke(id, later ?? refreshToken);
      });
    },
    stop: () => forget(),
  };
}
