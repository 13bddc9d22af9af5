/** Decides what the dashboard shows: a skeleton, the end of the session or the sessions, and a notice above them. */

import { formatClockTime, formatWait } from '../i18n/format-time.js';
import type { ShellI18n } from '../i18n/i18n.js';
import type { ShellLabels, SignedOutReason } from '../i18n/labels.js';
import type { SessionView } from '../store/session-view.js';

/** `unavailable` shows nothing except a notice that explains why. */
export type Page = 'loading' | 'ended' | 'unavailable' | 'sessions';

/** Why the dashboard may not be up to date. */
export type Notice =
  | { readonly kind: 'offline'; readonly since: number | null }
  | { readonly kind: 'rate-limited'; readonly until: number | null }
  | { readonly kind: 'unreachable'; readonly until: number | null; readonly since: number | null }
  | { readonly kind: 'error'; readonly text: string };

type ViewFields = Pick<
  SessionView,
  'status' | 'endedReason' | 'sessions' | 'isLoading' | 'online' | 'stale' | 'connectionError' | 'confirmedAt' | 'retryAt'
>;

export function pageOf(view: ViewFields): Page {
  if (view.status === 'signed-out') return 'ended';
  if (!view.isLoading) return 'sessions';
  return view.connectionError === null && view.online ? 'loading' : 'unavailable';
}

/** The most important notice, if there is one. Being offline explains every other error. */
export function noticeOf(view: ViewFields, labels: ShellLabels): Notice | null {
  const { connectionError: error, retryAt: until, confirmedAt: since } = view;
  if (view.status === 'signed-out') return null;
  if (!view.online) return { kind: 'offline', since };
  if (error === null) return view.stale ? { kind: 'unreachable', until, since } : null;
  if (error.code === 'rate_limited') return { kind: 'rate-limited', until };
  const text = labels.errors[error.code];
  return text === undefined ? { kind: 'unreachable', until, since } : { kind: 'error', text };
}

/** The text of a notice at the time `now`, because the wait in it counts down. */
export function noticeText(notice: Notice, now: number, { labels, locale }: ShellI18n): string {
  const wait = (until: number | null): string | null => {
    const seconds = until === null ? 0 : Math.ceil((until - now) / 1_000);
    return seconds > 0 ? formatWait(seconds, locale) : null;
  };
  switch (notice.kind) {
    case 'offline':
      return labels.offline(notice.since === null ? null : formatClockTime(notice.since, now, locale));
    case 'rate-limited':
      return labels.rateLimited(wait(notice.until));
    case 'unreachable':
      return labels.unreachable(wait(notice.until));
    case 'error':
      return notice.text;
  }
}

/** A sign-out that the server reported with an error was made on another device. */
function signedOutReason({ endedReason, connectionError }: ViewFields): SignedOutReason {
  if (endedReason === 'signed_out' && connectionError?.code === 'session_ended') return 'elsewhere';
  return endedReason ?? 'unknown';
}

/** The sentence about the end of the session. */
export function endedText(view: ViewFields & Pick<SessionView, 'sessionLimit'>, labels: ShellLabels): string {
  const reason = signedOutReason(view);
  return reason === 'evicted' ? labels.evicted(view.sessionLimit) : labels.ended[reason];
}
