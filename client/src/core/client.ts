/** How do the parts make a client? */

import { createDeviceKeys } from './binding/device-keys.js';
import { createProofs } from './binding/proven-fetch.js';
import { createSessionBinding } from './binding/session-binding.js';
import { refreshScheduler } from './refresh/refresh-scheduler.js';
import { indexedDbKeyStore } from './refresh-keys/key-store.js';
import { createRefreshKeys } from './refresh-keys/refresh-keys.js';
import { setupRefresh } from './refresh/refresh.js';
import { ADD_ON, createAddOns, type Extensible } from './runtime/add-ons.js';
import type { Context, Internals, Participant } from './runtime/context.js';
import { trackRequestOutcomes } from './runtime/request-outcomes.js';
import { UNKNOWN_STATE } from './session/initial-state.js';
import { createSessionState } from './session/session-state.js';
import { signInOut } from './sign-in/sign-in-out.js';
import { listenToPageEvents } from './sync/page-events.js';
import { tabMessageHandler } from './sync/tab-messages.js';
import { createTabChannel } from './tabs/channel.js';
import type { Message } from './tabs/messages.js';
import { createRefreshPause } from './tabs/refresh-pause.js';
import { createTransport, type Fetch } from './transport/transport.js';
import type { Latchkey, LatchkeyOptions } from './types.js';
import { createStore } from './util/store.js';
import { absoluteUrl } from './util/url.js';

/**
 * Creates a client. It sends no request before the first subscription or call.
 *
 * ```ts
 * const latchkey = createLatchkey({ baseUrl: '/api/auth', onSignedOut: () => location.assign('/sign-in') });
 * const unsubscribe = latchkey.subscribe(() => render(latchkey.getState()));
 * await latchkey.signIn(assertion);
 * ```
 */
export function createLatchkey(options: LatchkeyOptions = {}): Latchkey {
  let disposed = false;
  const participants: Participant[] = [];
  const reschedule = (): void => {
    if (!disposed) for (const participant of participants) participant.reschedule();
  };
  const onMessage = (message: Message): void => {
    handleMessage(message);
    for (const participant of participants) participant.onMessage?.(message);
    reschedule();
  };

  const baseUrl = (options.baseUrl ?? '/api/auth').replace(/\/+$/, '');
  const ownFetch: Fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const api = absoluteUrl(baseUrl);
  const tokens = options.mode?.(api) ?? null;
  const transport = createTransport(baseUrl, tokens ? 'omit' : 'include');
  const store = createStore(UNKNOWN_STATE);
  const tabs = createTabChannel(options.channel ?? `latchkey:${api}`, api, onMessage);
  const refreshKeys = createRefreshKeys(tokens?.keyStore ?? indexedDbKeyStore(api));
  const deviceKeys = createDeviceKeys(api);
  const session = createSessionState(store, tokens, tabs.broadcast, options, deviceKeys.retire);
  const { fetch, provenFetch } = createProofs(ownFetch, () => store.get().serverTimeOffset);
  const refreshPause = createRefreshPause();
  const context: Context = {
    ...trackRequestOutcomes(store, options, tabs.broadcast, () => disposed),
    options,
    baseUrl,
    api,
    fetch,
    store,
    session,
    binding: createSessionBinding(session, deviceKeys, provenFetch, fetch, options.binding ?? 'prefer'),
    refreshKeys,
    refreshPause,
    broadcast: tabs.broadcast,
    async peersReady() {
      await tokens?.ready();
      await tabs.peersReady();
    },
    request: (path, request, via = fetch) => transport.send(path, request, via),
    reschedule,
  };
  const handleMessage = tabMessageHandler(context);
  const refresher = setupRefresh(context);
  const { signIn, signOut, stop: stopDelivery } = signInOut(context, refresher);
  participants.push(refreshScheduler(context, refresher));
  const internals: Internals = {
    ...context,
    refresh: refresher.refresh,
    addOn: createAddOns(() => internals),
    addParticipant(participant) {
      participants.push(participant);
      if (disposed) participant.stop();
    },
  };

  let removePageListeners = (): void => {};
  const client: Latchkey & Extensible = {
    getState() {
      // Without subscribers no timer keeps the state of the token up to date.
      if (store.listeners.size === 0) session.updateTokenState();
      return store.get();
    },
    subscribe(listener) {
      const unsubscribe = store.subscribe(listener);
      if (store.listeners.size === 1 && !disposed) {
        tabs.open();
        removePageListeners = listenToPageEvents(context, refresher, tabs.announce);
      }
      reschedule();
      return () => {
        if (unsubscribe() && store.listeners.size === 0) removePageListeners();
        reschedule();
      };
    },
    signIn,
    signOut,
    refresh: refresher.refresh.run,
    [ADD_ON]: internals.addOn,
    dispose() {
      disposed = true;
      // Responses to requests under way are dropped.
      session.epoch.session++;
      removePageListeners();
      store.listeners.clear();
      for (const participant of participants) participant.stop();
      stopDelivery();
      refreshPause.end();
      tabs.close();
      transport.abort();
    },
  };
  return client;
}
