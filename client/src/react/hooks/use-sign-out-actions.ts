/** The sign-outs of the dashboard's buttons, and the message about the last one. */

import { useCallback, useState } from 'react';

import type { RevokeResponse, Session } from '../../core/types.js';
import { formatClockTime } from '../i18n/format-time.js';
import type { I18n } from '../i18n/i18n.js';
import { fullName } from '../i18n/session-names.js';
import type { UserSessionActions } from '../store/session-store.js';

export interface SignOutActions {
  /** The message about the last sign-out; `null` if there was none, or if the row that has left is message enough. */
  readonly message: string | null;
  /** Shows and announces another message in its place. */
  readonly showMessage: (text: string) => void;
  readonly one: (session: Session, reason?: string) => void;
  readonly others: () => void;
  readonly everywhere: (reason?: string) => void;
}

/** The sign-outs of one's own sessions, or of those of `user` by an administrator. */
export function useSignOutActions(
  actions: UserSessionActions,
  user: string | null,
  i18n: I18n,
  announce: (text: string) => void,
): SignOutActions {
  const { labels, locale } = i18n;
  const [message, setMessage] = useState<string | null>(null);
  const showMessage = useCallback(
    (text: string): void => {
      setMessage(text);
      announce(text);
    },
    [announce],
  );
  const showFailure = useCallback(
    (error: unknown, text: string): void => {
      const isOldSignIn = error instanceof Error && 'code' in error && error.code === 'reauthentication_required';
      showMessage(isOldSignIn ? labels.reauthenticate : text);
    },
    [showMessage, labels],
  );
  const one = useCallback(
    (session: Session, reason?: string): void => {
      setMessage(null);
      actions
        .revokeSession(session.session_id, reason)
        .catch((error: unknown) => showFailure(error, labels.signOutFailed(fullName(session, i18n))));
    },
    [actions, showFailure, labels, i18n],
  );
  const until = ({ access_tokens_expire_by: end }: RevokeResponse): string => formatClockTime(end, Date.now(), locale);
  const many = (request: Promise<RevokeResponse>, onDone: (ended: RevokeResponse) => void): void => {
    setMessage(null);
    request.then(onDone, (error: unknown) => showFailure(error, labels.signOutManyFailed));
  };
  const others = (): void =>
    many(actions.revokeOtherSessions(), (ended) => showMessage(labels.signedOutOthers(ended.ended, until(ended))));
  const everywhere = (reason?: string): void =>
    many(actions.revokeAllSessions(reason), (ended) => {
      // After one's own sign-out the dashboard shows the end of the session instead.
      if (user !== null) showMessage(labels.signedOutUser(user, until(ended)));
    });
  return { message, showMessage, one, others, everywhere };
}
