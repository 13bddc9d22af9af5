/** How do the parts make a client? */

import { backOff, type Wait } from './back-off.js';
import { openChannel, type Channel, type Message } from './channel.js';
import type { Core, Kind, Member, Part } from './context.js';
import { greeting, type Greeting } from './greeting.js';
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
  const tries = { refresh: backOff(true), status: backOff(false), read: backOff(false) };
  const pause = createPause();
  const parts = new Map<Part<unknown>, unknown>();
  const members: Member[] = [];
  let failing: Kind | null = null;
  let disposed = false;
  let channel: Channel | undefined;
  let hello: Greeting | undefined;
  const open = (): Channel => {
    if (channel) return channel;
    channel = openChannel(options.channel ?? 'latchkey', hear);
    greet();
    return channel;
  };
  const greet = (): void => {
    if (channel?.reaches) hello = greeting();
    tell({ type: 'hello' });
  };
  const tell = (message: Message): void => {
    if (!disposed) open().post(message);
  };
  const session = heldSession(store, tokens, tell, options);
  const plan = (): void => {
    if (!disposed) for (const member of members) member.plan();
  };

  const show: Core['show'] = (kind, error, seconds, more) => {
    failing = kind;
    store.set({ error, retryAt: Date.now() + seconds * 1000, ...more });
  };

  const context: Omit<Core, 'refresh'> = {
    options,
    baseUrl,
    fetch,
    store,
    session,
    tries,
    pause,
    tell,
    call: (path, call, via = fetch) => send(path, call, via),
    async greeted() {
      if (!disposed) open();
      await hello?.over;
    },
    hold(kind, { code, message, status, retryAfter: seconds }) {
      if (seconds === null) return;
      const wait: Wait = { seconds, code, message, status };
      // An outage is the status's, too. A limit of refreshes is not: asking for the status is unlimited.
      const kinds: Kind[] = kind === 'refresh' && status !== 429 ? ['refresh', 'status'] : [kind];
      for (const what of kinds) {
        tries[what].hold(wait);
        tell({ type: 'wait', what, ...wait });
      }
    },
    show,
    failed(kind, error) {
      if (disposed) return;
      context.hold(kind, error);
      show(kind, error, tries[kind].failed(error), { online: online(), ...(kind === 'read' && { stale: true }) });
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
    join(member) {
      members.push(member);
      if (disposed) member.stop();
    },
  };
  const renewal = refreshing(context);
  const { refresh, check } = renewal;
  const core: Core = { ...context, refresh };
  const sign = signing(context, renewal);
  members.push(when(context, () => store.listeners.size > 0, renewal));

  const hearing: { readonly [Type in Message['type']]?: (message: Message & { type: Type }) => void } = {
    token(message) {
      // What failed here has worked there.
      if (session.heard(message)) for (const kind of ['refresh', 'status'] as const) context.worked(kind);
    },
    ended: ({ id, reason, byServer }) => (id === null || id === session.id()) && session.end(reason, byServer, false),
    pause: pause.begin,
    resume: pause.end,
    flight: ({ tab, up }) => pause.elsewhere(tab, up),
    wait({ what, ...wait }) {
      tries[what].hold(wait);
      const refusal = tries[what].refusal();
      // Otherwise nobody would learn why nothing is shown.
      if (refusal && what === 'status' && store.get().status === 'unknown') show(what, refusal, wait.seconds);
    },
    hello() {
      session.introduce();
      for (const what of Object.keys(tries) as Kind[]) {
        const wait = tries[what].running();
        if (wait) tell({ type: 'wait', what, ...wait });
      }
    },
  };
  function hear(message: Message): void {
    (hearing[message.type] as ((message: Message) => void) | undefined)?.(message);
    for (const member of members) member.heard?.(message);
    plan();
  }

  let stop = (): void => {};
  const start = (): void => {
    open();
    stop = listen({
      visibilitychange: plan,
      focus: plan,
      offline: () => store.set({ online: false }),
      online() {
        store.set({ online: true });
        for (const each of Object.values(tries)) each.relax();
        plan();
      },
      pageshow(event) {
        if (!(event as PageTransitionEvent).persisted) return;
        // While it was in the back-forward cache it heard nothing.
        greet();
        void check.run();
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
      hello?.stop();
      abort();
      channel?.close();
    },
  };
}
