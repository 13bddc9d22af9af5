/** What do the tabs tell each other? Times and states; tokens only in header mode. */

import type { Tokens } from './header-mode.js';
import type { EndReason } from './types.js';
import type { components } from '../api.js';

export type List = components['schemas']['SessionList'];

export type Message =
  /** A token arrived, by a sign-in or a refresh; `left` is in seconds. */
  | { readonly type: 'token'; readonly id: string; readonly left: number; readonly signIn: boolean; readonly tokens: Tokens | null }
  | { readonly type: 'ended'; readonly id: string | null; readonly reason: EndReason; readonly byServer: boolean }
  /** Somebody signs in or out: send nothing that could be answered with a cookie. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** A refresh is in the air, or has landed. */
  | { readonly type: 'flight'; readonly tab: string; readonly up: boolean }
  /** The server asked for time. */
  | { readonly type: 'wait'; readonly what: 'refresh' | 'read'; readonly seconds: number }
  /** This tab polls now; and what came of it. */
  | { readonly type: 'beat' }
  | { readonly type: 'list'; readonly id: string | null; readonly etag: string | null; readonly list: List | null }
  /** A new tab of header mode has no token yet. */
  | { readonly type: 'hello' };

export interface Channel {
  post(message: Message): void;
  close(): void;
}

/** Joins the tabs; without `BroadcastChannel` every tab is on its own, which is correct, if less quick. */
export function openChannel(name: string, hear: (message: Message) => void): Channel {
  let channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => hear(data));
  // Node's keeps its process alive.
  (channel as { unref?: () => void } | null)?.unref?.();
  return {
    post: (message) => channel?.postMessage(message),
    close() {
      channel?.close();
      channel = null;
    },
  };
}

