/** Signs sessions out for the dashboard, and keeps what there is to say about it. */

import { useCallback, useState } from 'react';

import type { Session } from '../core/types.js';
import type { SessionActions } from './session-store.js';
import { fullName } from './session-names.js';
import { clockTime } from './time-words.js';
import type { Words } from './words.js';

/** What the dashboard's buttons do. */
export interface SignOuts {
  /** What came of the last one, in words; `null` before, and when the row that left says it all. */
  readonly outcome: string | null;
  /** Shows and announces what came of something else. */
  readonly tell: (text: string) => void;
  readonly one: (session: Session) => void;
  readonly others: () => void;
  readonly everywhere: () => void;
}

/** The sign-outs; `say` announces what came of them. */
export function useSignOuts(actions: SessionActions, words: Words, say: (text: string) => void): SignOuts {
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
    (session: Session): void => {
      setOutcome(null);
      actions
        .revokeSession(session.session_id)
        .catch((error: unknown) => refused(error, words.labels.refused(fullName(session, words))));
    },
    [actions, refused, words],
  );
  const others = (): void => {
    setOutcome(null);
    actions.revokeOtherSessions().then(
      ({ ended, access_tokens_expire_by: until }) =>
        tell(words.labels.signedOutOthers(ended, clockTime(until, Date.now(), words.locale))),
      (error: unknown) => refused(error, words.labels.refusedMany),
    );
  };
  const everywhere = (): void => {
    setOutcome(null);
    // What comes of it is the page: it says that this session is over.
    actions.revokeAllSessions().catch((error: unknown) => refused(error, words.labels.refusedMany));
  };
  return { outcome, tell, one, others, everywhere };
}
