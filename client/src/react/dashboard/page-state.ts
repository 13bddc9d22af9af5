/** Decides which notice is above the sessions, and how the end of the session is explained. */

import { formatClockTime, formatWait } from '../i18n/format-time.js';
import type { I18n } from '../i18n/i18n.js';
import type { SessionView } from '../store/session-view.js';

/** Why the page may not be up to date. */
export type Notice =
  | { readonly kind: 'offline'; readonly since: number | null }
  | { readonly kind: 'rate-limited'; readonly until: number | null }
  | { readonly kind: 'unreachable'; readonly until: number | null; readonly since: number | null }
  | { readonly kind: 'error'; readonly text: string };

type ViewFields = Pick<SessionView, 'status' | 'online' | 'stale' | 'connectionError' | 'confirmedAt' | 'retryAt'>;
type EndFields = Pick<SessionView, 'endedReason' | 'connectionError' | 'sessionLimit'>;

/** The most important notice, if there is one. Being offline explains every other error. */
export function noticeOf(view: ViewFields, i18n: I18n): Notice | null {
  const { connectionError: error, retryAt: until, confirmedAt: since } = view;
  if (view.status === 'signed-out') return null;
  if (!view.online) return { kind: 'offline', since };
  if (error === null) return view.stale ? { kind: 'unreachable', until, since } : null;
  if (error.code === 'rate_limited') return { kind: 'rate-limited', until };
  const text = i18n.find('error', error.code);
  return text === null ? { kind: 'unreachable', until, since } : { kind: 'error', text };
}

/** The text of a notice at the time `now`, because the wait in it counts down. */
export function noticeText(notice: Notice, now: number, { t, locale }: I18n): string {
  const wait = (until: number | null): string | null => {
    const seconds = until === null ? 0 : Math.ceil((until - now) / 1_000);
    return seconds > 0 ? formatWait(seconds, locale) : null;
  };
  switch (notice.kind) {
    case 'offline':
      return t('offline', { since: notice.since === null ? null : formatClockTime(notice.since, now, locale) });
    case 'rate-limited':
      return t('rateLimited', { wait: wait(notice.until) });
    case 'unreachable':
      return t('unreachable', { wait: wait(notice.until) });
    case 'error':
      return notice.text;
  }
}

/** The sentence about the end of the session. */
export function endedText({ endedReason, connectionError, sessionLimit }: EndFields, i18n: I18n): string {
  // A sign-out that the server reported with an error was made on another device.
  const isElsewhere = endedReason === 'signed_out' && connectionError?.code === 'session_ended';
  const reason = isElsewhere ? 'elsewhere' : endedReason;
  return (reason === null ? null : i18n.find('ended', reason, { limit: sessionLimit })) ?? i18n.t('notSignedIn');
}
