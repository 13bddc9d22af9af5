/** How do the tabs of one browser reach each other? Without `BroadcastChannel` each tab works alone: correct, but slower. */

import type { Message } from './messages.js';

/** Milliseconds that a new tab waits for the other tabs before its first request to the server. */
const PEERS_DEADLINE = 50;

export interface TabChannel {
  /** Opens the channel, if it is not open. */
  open(): void;
  broadcast(message: Message): void;
  /** Asks the other tabs for what a new tab must know. */
  announce(): void;
  /** Resolves once the other tabs have had the time to answer. */
  peersReady(): Promise<void>;
  close(): void;
}

/**
 * The channel opens with the first message or the first subscriber, so that creating a client has no effect.
 *
 * Each message names its API, because an app may give two clients the same channel, and their tokens must not mix.
 */
export function createTabChannel(name: string, api: string, onMessage: (message: Message) => void): TabChannel {
  let channel: BroadcastChannel | null | undefined;
  let closed = false;
  let ready: Promise<void> | undefined;
  let stopWaiting = (): void => {};

  const open = (): void => {
    if (closed || channel !== undefined) return;
    channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
    channel?.addEventListener('message', ({ data }: MessageEvent<Message & { api: string }>) => {
      if (data?.api === api) onMessage(data);
    });
    // In Node an open channel keeps the process alive.
    (channel as { unref?: () => void } | null)?.unref?.();
    announce();
  };
  const broadcast = (message: Message): void => {
    open();
    if (!closed) channel?.postMessage({ ...message, api });
  };
  const announce = (): void => {
    if (channel) {
      ready = new Promise((resolve) => {
        const timer = setTimeout(resolve, PEERS_DEADLINE);
        stopWaiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    broadcast({ type: 'tab-opened' });
  };

  return {
    open,
    broadcast,
    announce,
    async peersReady() {
      open();
      await ready;
    },
    close() {
      closed = true;
      stopWaiting();
      channel?.close();
    },
  };
}
