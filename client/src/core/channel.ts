/** What do the tabs tell each other? Times and states; tokens only in header mode. */

import type { Wait } from './back-off.js';
import type { Kind } from './context.js';
import type { Tokens } from './header-mode.js';
import type { EndReason } from './types.js';
import type { components } from '../api.js';

export type List = components['schemas']['SessionList'];

export type Message =
  /** A token arrived, by a sign-in or a refresh; `left` is in seconds, `ends` the server's word for the same, if the token was granted. */
  | {
      readonly type: 'token';
      readonly id: string;
      readonly left: number;
      readonly ends: string | null;
      readonly signIn: boolean;
      readonly tokens: Tokens | null;
    }
  | { readonly type: 'ended'; readonly id: string | null; readonly reason: EndReason; readonly byServer: boolean }
  /** Somebody signs in or out: send nothing that could be answered with a cookie. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** A refresh is in the air, or has landed. */
  | { readonly type: 'flight'; readonly tab: string; readonly up: boolean }
  /** The server asked for time, just now or before a new tab was there. */
  | ({ readonly type: 'wait'; readonly what: Kind } & Wait)
  /** This tab polls now; and what came of it. */
  | { readonly type: 'beat' }
  | { readonly type: 'list'; readonly id: string | null; readonly etag: string | null; readonly list: List | null }
  /** A new tab wants to know what the others know: what the server asked for and, in header mode, the tokens. */
  | { readonly type: 'hello' };

export interface Channel {
  /** Whether there can be others at all. */
  readonly reaches: boolean;
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
    reaches: channel !== null,
    post: (message) => channel?.postMessage(message),
    close() {
      channel?.close();
      channel = null;
    },
  };
}

