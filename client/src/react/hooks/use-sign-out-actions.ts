/** Signs sessions out for the dashboard, and keeps what there is to say about it. */

import { useCallback, useState } from 'react';

import type { RevokeResponse, Session } from '../../core/types.js';
import { clockTime } from '../i18n/format-time.js';
import type { UserSessionActions } from '../store/session-store.js';
import { fullName } from '../i18n/session-names.js';
import type { Words } from '../i18n/i18n.js';

/** What the dashboard's buttons do. */
export interface SignOuts {
  /** What came of the last one, in words; `null` before, and when the row that left says it all. */
  readonly outcome: string | null;
  /** Shows and announces what came of something else. */
  readonly tell: (text: string) => void;
  readonly one: (session: Session, reason?: string) => void;
  readonly others: () => void;
  readonly everywhere: (reason?: string) => void;
}

/** The sign-outs, of `user` by an administrator; `say` announces what came of them. */
export function useSignOuts(
  actions: UserSessionActions,
  user: string | null,
  words: Words,
  say: (text: string) => void,
): SignOuts {
  const [outcome, setOutcome] = useState<string | null>(null);
  const tell = useCallback(
    (text: string): void => {
      setOutcome(text);
      say(text);
    },
    [say],
  );
  const refused = useCallback(
    (error: unknown, text: string): void => {
      const isOld = error instanceof Error && 'code' in error && error.code === 'reauthentication_required';
      tell(isOld ? words.labels.reauthenticate : text);
    },
    [tell, words],
  );
  const one = useCallback(
    (session: Session, reason?: string): void => {
      setOutcome(null);
      actions
        .revokeSession(session.session_id, reason)
        .catch((error: unknown) => refused(error, words.labels.refused(fullName(session, words))));
    },
    [actions, refused, words],
  );
  const until = ({ access_tokens_expire_by: end }: RevokeResponse): string => clockTime(end, Date.now(), words.locale);
  const many = (end: Promise<RevokeResponse>, done: (ended: RevokeResponse) => void): void => {
    setOutcome(null);
    end.then(done, (error: unknown) => refused(error, words.labels.refusedMany));
  };
  const others = (): void =>
    many(actions.revokeOtherSessions(), (ended) => tell(words.labels.signedOutOthers(ended.ended, until(ended))));
  const everywhere = (reason?: string): void =>
    many(actions.revokeAllSessions(reason), (ended) => {
      // What comes of one's own is the page: it says that this session is over.
      if (user !== null) tell(words.labels.signedOutOf(user, until(ended)));
    });
  return { outcome, tell, one, others, everywhere };
}
