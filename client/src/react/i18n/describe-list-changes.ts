/** Describes how the list of sessions has changed, for screen readers. */

import type { Session } from '../../core/types.js';
import type { I18n } from './i18n.js';
import { sessionName } from './session-names.js';

/** The part of the view that is compared. */
export interface SessionList {
  readonly status: string;
  /** `null` before the first list. */
  readonly sessions: readonly Session[] | null;
}

/**
 * One sentence for each change, new sessions first. A session in `seen` is not announced as new: its row was only
 * hidden while a sign-out was on its way, and returned because the server refused.
 */
export function describeListChanges(
  before: SessionList,
  now: SessionList,
  seen: ReadonlySet<string>,
  i18n: I18n,
): readonly string[] {
  const { t } = i18n;
  if (now.status !== 'signed-in' || before.status !== 'signed-in') return [];
  const added = before.sessions === null ? [] : difference(now.sessions ?? [], before.sessions).filter(({ session_id }) => !seen.has(session_id));
  const ended = difference(before.sessions ?? [], now.sessions ?? []);
  return [
    ...added.map((session) => t('sessionAdded', { name: sessionName(session, i18n) })),
    ...ended.map((session) => t('sessionEnded', { name: sessionName(session, i18n) })),
  ];
}

/** The sessions of the first list that the second one lacks. */
function difference(sessions: readonly Session[], others: readonly Session[]): readonly Session[] {
  const known = new Set(others.map((session) => session.session_id));
  return sessions.filter((session) => !known.has(session.session_id));
}
