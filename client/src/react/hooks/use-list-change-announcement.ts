/** Announces sessions that appear in the list or leave it. */

import { useEffect, useRef } from 'react';

import { type SessionList, describeListChanges } from '../i18n/describe-list-changes.js';
import type { I18n } from '../i18n/i18n.js';

/** Announces what has changed since the last render. */
export function useListChangeAnnouncement(list: SessionList, i18n: I18n, announce: (text: string) => void): void {
  const before = useRef<SessionList | null>(null);
  const seen = useRef(new Set<string>());
  useEffect(() => {
    const changes = before.current === null ? [] : describeListChanges(before.current, list, seen.current, i18n);
    before.current = list;
    for (const { session_id } of list.sessions ?? []) seen.current.add(session_id);
    if (changes.length > 0) announce(changes.join(' '));
  }, [list, i18n, announce]);
}
