/** What does the dashboard show: a skeleton, a goodbye, the sessions; and which notice above them? */

import type { EndedHow, FirstLabels } from '../i18n/labels.js';
import { clockTime, length } from '../i18n/format-time.js';
import type { SessionView } from '../store/session-view.js';
import type { FirstWords } from '../i18n/i18n.js';

/** What the page is made of; `nothing` has a notice that says why. */
export type Page = 'loading' | 'ended' | 'nothing' | 'sessions';

/** Why what is shown may not be what is. */
export type Notice =
  | { readonly kind: 'offline'; readonly since: number | null }
  | { readonly kind: 'limited'; readonly until: number | null }
  | { readonly kind: 'unreachable'; readonly until: number | null; readonly since: number | null }
  | { readonly kind: 'told'; readonly text: string };

type Seen = Pick<
  SessionView,
  'status' | 'endedReason' | 'sessions' | 'isLoading' | 'online' | 'stale' | 'connectionError' | 'confirmedAt' | 'retryAt'
>;

/** The page for what is known. */
export function pageOf(view: Seen): Page {
  if (view.status === 'signed-out') return 'ended';
  if (!view.isLoading) return 'sessions';
  return view.connectionError === null && view.online ? 'loading' : 'nothing';
}

/** The notice for what is known; the one that explains the others comes first. */
export function noticeOf(view: Seen, labels: FirstLabels): Notice | null {
  const { connectionError: error, retryAt: until, confirmedAt: since } = view;
  if (view.status === 'signed-out') return null;
  if (!view.online) return { kind: 'offline', since };
  if (error === null) return view.stale ? { kind: 'unreachable', until, since } : null;
  if (error.code === 'rate_limited') return { kind: 'limited', until };
  const told = labels.errors[error.code];
  return told === undefined ? { kind: 'unreachable', until, since } : { kind: 'told', text: told };
}

/** What a notice says at a time; the wait in it counts down. */
export function noticeText(notice: Notice, now: number, { labels, locale }: FirstWords): string {
  const wait = (until: number | null): string | null => {
    const seconds = until === null ? 0 : Math.ceil((until - now) / 1_000);
    return seconds > 0 ? length(seconds, locale) : null;
  };
  switch (notice.kind) {
    case 'offline':
      return labels.offline(notice.since === null ? null : clockTime(notice.since, now, locale));
    case 'limited':
      return labels.limited(wait(notice.until));
    case 'unreachable':
      return labels.unreachable(wait(notice.until));
    case 'told':
      return notice.text;
  }
}

/** What an end is called: who was signed out by the server did not do it on this page. */
function endedHow({ endedReason, connectionError }: Seen): EndedHow {
  if (endedReason === 'signed_out' && connectionError?.code === 'session_ended') return 'elsewhere';
  return endedReason ?? 'unknown';
}

/** The sentence of an end. */
export function endedText(view: Seen & Pick<SessionView, 'sessionLimit'>, labels: FirstLabels): string {
  const how = endedHow(view);
  return how === 'evicted' ? labels.evicted(view.sessionLimit) : labels.ended[how];
}
