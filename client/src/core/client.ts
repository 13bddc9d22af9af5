/** How do the parts make a client? */

import { backOff } from './back-off.js';
import { openChannel, type Channel, type Message } from './channel.js';
import type { Core, Kind, Member, Part } from './context.js';
import { listen, online, visible } from './page.js';
import { createPause } from './pause.js';
import { refreshing } from './refreshing.js';
import { heldSession } from './session.js';
import { signing } from './signing.js';
import { createStore, UNKNOWN_STATE } from './state.js';
import { transport, type Fetch } from './transport.js';
import type { Latchkey, LatchkeyOptions } from './types.js';
import { when } from './when.js';

/**
 * Makes a client; nothing is sent before somebody subscribes or calls.
 *
 * ```ts
 * const latchkey = createLatchkey({ baseUrl: '/api/auth', onSignedOut: () => location.assign('/sign-in') });
 * const stop = latchkey.subscribe(() => render(latchkey.getState()));
 * await latchkey.signIn(assertion);
 * ```
 */
export function createLatchkey(options: LatchkeyOptions = {}): Latchkey {
  const baseUrl = (options.baseUrl ?? '/api/auth').replace(/\/+$/, '');
  const fetch: Fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const store = createStore(UNKNOWN_STATE);
  const tokens = options.mode?.() ?? null;
  const { send, abort } = transport(baseUrl, tokens ? 'omit' : 'include');
  const tries = { refresh: backOff(true), read: backOff(false) };
  const pause = createPause();
  const parts = new Map<Part<unknown>, unknown>();
  const members: Member[] = [];
  let failing: Kind | null = null;
  let disposed = false;
  let channel: Channel | undefined;
  const open = (): Channel => (channel ??= openChannel(options.channel ?? 'latchkey', hear));
  const tell = (message: Message): void => {
    if (!disposed) open().post(message);
  };
  const session = heldSession(store, tokens, tell, options);
  const plan = (): void => {
    if (!disposed) for (const member of members) member.plan();
  };

  const context = {
    options,
    baseUrl,
    fetch,
    store,
    session,
    tries,
    pause,
    tell,
    call: (path, call, via = fetch) => send(path, call, via),
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
      store.set({ online: true, ...(failing === kind && { error: null, retryAt: null }) });
    },
    plan,
    part<T>(make: Part<T>): T {
      if (!parts.has(make)) parts.set(make, make(core));
      return parts.get(make) as T;
    },
    join: (member) => void members.push(member),
  } satisfies Omit<Core, 'refresh'>;
  const renewal = refreshing(context);
  const { refresh, check } = renewal;
  const core: Core = { ...context, refresh };
  const sign = signing(context, renewal);
  members.push(when(context, () => store.listeners.size > 0, renewal));

  const hearing: { readonly [Type in Message['type']]?: (message: Message & { type: Type }) => void } = {
    token: session.heard,
    ended: ({ id, reason, byServer }) => (id === null || id === session.id()) && session.end(reason, byServer, false),
    pause: pause.begin,
    resume: pause.end,
    flight: ({ tab, up }) => pause.elsewhere(tab, up),
    wait: ({ what, seconds }) => tries[what].hold(seconds),
    hello: session.introduce,
  };
  function hear(message: Message): void {
    (hearing[message.type] as ((message: Message) => void) | undefined)?.(message);
    for (const member of members) member.heard?.(message);
    plan();
  }

  let stop = (): void => {};
  const start = (): void => {
    open();
    if (tokens && tokens.get() === null && store.get().status === 'unknown') {
      session.end(null);
      tell({ type: 'hello' });
    }
    stop = listen({
      visibilitychange: plan,
      focus: plan,
      offline: () => store.set({ online: false }),
      online() {
        store.set({ online: true });
        tries.refresh.relax();
        tries.read.relax();
        plan();
      },
      pageshow(event) {
        // While it was in the back-forward cache it heard nothing.
        if ((event as PageTransitionEvent).persisted) void check.run();
      },
    });
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
    signIn: sign.signIn,
    signOut: sign.signOut,
    refresh: refresh.run,
    part: context.part,
    dispose() {
      disposed = true;
      // What is in the air belongs to nobody any more.
      session.epoch.owner++;
      stop();
      store.listeners.clear();
      for (const member of members) member.stop();
      sign.stop();
      pause.end();
      abort();
      channel?.close();
    },
  };
}
