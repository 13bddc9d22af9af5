/** What has changed on the page, for somebody who does not see it? */

import type { Session } from '../../core/types.js';
import { arrivalName, fullName } from './session-names.js';
import type { Words } from './i18n.js';

/** What is compared. */
export interface Shown {
  readonly status: string;
  /** `null` before the first list. */
  readonly sessions: readonly Session[] | null;
}

/** One sentence a change, in the order of their weight. A session that was `seen` and comes back is none. */
export function changesBetween(
  before: Shown,
  now: Shown,
  seen: ReadonlySet<string>,
  words: Words,
): readonly string[] {
  const { labels } = words;
  if (now.status !== 'signed-in' || before.status !== 'signed-in') return [];
  const lost = missing(before.sessions ?? [], now.sessions ?? []);
  const came = before.sessions === null ? [] : missing(now.sessions ?? [], before.sessions).filter(({ session_id }) => !seen.has(session_id));
  return [
    ...came.map((session) => labels.appeared(arrivalName(session, words))),
    ...lost.map((session) => labels.disappeared(fullName(session, words))),
  ];
}

function missing(from: readonly Session[], among: readonly Session[]): readonly Session[] {
  const known = new Set(among.map((session) => session.session_id));
  return from.filter((session) => !known.has(session.session_id));
}
