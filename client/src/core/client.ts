/** How do the parts make a client? */

import { backOff } from './back-off.js';
import { authenticated } from './calls.js';
import { openChannel, type Channel, type Message } from './channel.js';
import type { Context, Kind } from './context.js';
import type { LatchkeyError } from './errors.js';
import { listen, online, visible } from './page.js';
import { createPause } from './pause.js';
import { refreshing } from './refreshing.js';
import { heldSession } from './session.js';
import { signing } from './signing.js';
import { createStore } from './state.js';
import { tokenStore } from './storage.js';
import { transport, type Call, type Fetch } from './transport.js';
import type { Ended, Latchkey, LatchkeyOptions, Session, Sessions } from './types.js';
import { watching } from './watching.js';
import { when } from './when.js';
import type { components } from '../api.js';

type Trail = components['schemas']['Trail'];

/**
 * Makes a client; nothing is sent before somebody subscribes or calls.
 *
 * ```ts
 * const latchkey = createLatchkey({ baseUrl: '/api/auth', onSignedOut: () => location.assign('/sign-in') });
 * const stop = latchkey.subscribe(() => render(latchkey.getState()));
 * const orders = await latchkey.fetch('/api/orders');
 * ```
 */
export function createLatchkey(options: LatchkeyOptions = {}): Latchkey {
  const { mode = 'cookie' } = options;
  const baseUrl = (options.baseUrl ?? '/api/auth').replace(/\/+$/, '');
  const inCookies = mode === 'cookie';
  const fetch: Fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const store = createStore();
  const { send, abort } = transport(baseUrl, inCookies ? 'include' : 'omit');
  const tries = { refresh: backOff(true), read: backOff(false) };
  const pause = createPause();
  let failing: Kind | null = null;
  let disposed = false;
  let channel: Channel | undefined;
  const join = (): Channel => (channel ??= openChannel(options.channel ?? 'latchkey', hear));
  const tell = (message: Message): void => {
    if (!disposed) join().post(message);
  };
  const session = heldSession(store, inCookies ? null : tokenStore(options.storage), tell, options);

  const context: Context = {
    options,
    store,
    session,
    tries,
    pause,
    tell,
    call: (path, call) => send(fetch, path, call),
    failed(kind, error) {
      if (disposed) return;
      const seconds = tries[kind].failed(error);
      failing = kind;
      if (error.retryAfter !== null) tell({ type: 'wait', what: kind, seconds });
      store.set({ error, online: online(), retryAt: Date.now() + seconds * 1000, ...(kind === 'read' && { stale: true }) });
      queueMicrotask(() => options.onError?.(error));
    },
    worked(kind) {
      tries[kind].relax();
      if (failing === kind) store.set({ error: null, retryAt: null });
      store.set({ online: true });
    },
    plan,
  };
  const renewal = refreshing(context);
  const { refresh, check } = renewal;
  const authedFetch = authenticated(context, refresh, fetch, baseUrl);
  const api = async (path: string, call: Call): Promise<unknown> => {
    const reads = call.method === undefined;
    if (reads) tries.read.allowed();
    try {
      return (await send(authedFetch, path, call)).body;
    } catch (error) {
      const seconds = (error as LatchkeyError).retryAfter;
      if (reads && seconds !== null) {
        tries.read.hold(seconds);
        tell({ type: 'wait', what: 'read', seconds });
      }
      throw error;
    }
  };
  const watch = watching(context, (path, call) => send(authedFetch, path, call), refresh.run);
  const sign = signing(context, renewal);
  const timers = when(context, () => store.listeners.size > 0, renewal);
  function plan(): void {
    if (disposed) return;
    timers.plan();
    watch.plan();
  }

  function hear(message: Message): void {
    switch (message.type) {
      case 'token':
        session.heard(message);
        break;
      case 'ended':
        if (message.id === session.id() || message.id === null) session.end(message.reason, message.byServer, false);
        break;
      case 'pause':
        pause.begin();
        break;
      case 'resume':
        pause.end();
        break;
      case 'flight':
        pause.elsewhere(message.tab, message.up);
        break;
      case 'wait':
        tries[message.what].hold(message.seconds);
        break;
      case 'hello':
        session.introduce();
        break;
      default:
        watch.heard(message);
    }
    plan();
  }

  const look = (): void => {
    if (visible()) watch.focus();
    plan();
  };
  let unlisten: (() => void)[] = [];
  const stop = (): void => {
    for (const each of unlisten) each();
    unlisten = [];
  };
  const start = (): void => {
    join();
    if (!inCookies && session.tokens() === null && store.get().status === 'unknown') {
      session.end(null);
      tell({ type: 'hello' });
    }
    unlisten = [
      listen(globalThis.document, 'visibilitychange', look),
      listen(globalThis, 'focus', look),
      listen(globalThis, 'offline', () => store.set({ online: false })),
      listen(globalThis, 'online', () => {
        store.set({ online: true });
        tries.refresh.relax();
        tries.read.relax();
        watch.refetch();
        plan();
      }),
      listen(globalThis, 'pageshow', (event) => {
        // While it was in the back-forward cache it heard nothing.
        if ((event as PageTransitionEvent).persisted) void check.run();
      }),
    ];
  };

  /** What ended leaves the list at once; the next poll brings the rest. */
  const ended = async (path: string, call: Omit<Call, 'expect'>, all = false): Promise<Ended> => {
    const { owner } = session.epoch;
    const answer = (await api(path, { ...call, expect: 'ended' })) as Ended;
    const id = session.id();
    if (owner !== session.epoch.owner) return answer;
    if (all || (id !== null && answer.session_ids.includes(id))) session.end('signed_out');
    else {
      const { sessions } = store.get();
      if (sessions) store.set({ sessions: sessions.filter(({ session_id }) => !answer.session_ids.includes(session_id)) });
      watch.refetch();
    }
    return answer;
  };

  const sessions: Sessions = {
    list: watch.list,
    get: async (id) => (await api(`/sessions/${encodeURIComponent(id)}`, { expect: 'session_id' })) as Session,
    revoke: (id) => ended(`/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    revokeOthers: () => ended('/sessions?scope=others', { method: 'DELETE' }),
    revokeAll: () => ended('/revoke', { method: 'POST', body: { strategy: 'all' } }, true),
    async events(query = {}) {
      const words = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
      const trail = (await api(`/sessions/events?${new URLSearchParams(words)}`, { expect: 'events' })) as Trail;
      return { events: trail.events, next: trail.next_cursor };
    },
    watch: watch.watch,
  };

  return {
    getState() {
      if (store.listeners.size === 0) session.touch();
      return store.get();
    },
    subscribe(listener) {
      const mine = (): void => listener();
      store.listeners.add(mine);
      if (store.listeners.size === 1 && !disposed) start();
      plan();
      return () => {
        if (store.listeners.delete(mine) && store.listeners.size === 0) stop();
        plan();
      };
    },
    async signIn(assertion) {
      const id = await sign.signIn(assertion);
      watch.refetch();
      return sessions.get(id);
    },
    signOut: () => sign.signOut().finally(plan),
    refresh: refresh.run,
    fetch: authedFetch,
    sessions,
    dispose() {
      disposed = true;
      stop();
      store.listeners.clear();
      timers.stop();
      watch.stop();
      sign.stop();
      pause.end();
      abort();
      channel?.close();
    },
  };
}
