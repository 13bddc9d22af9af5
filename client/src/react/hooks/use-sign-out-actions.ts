/** The sign-outs of the page's buttons, and the message about the last one. */

import { useCallback, useMemo, useState } from 'react';

import type { RevokeResponse, Session } from '../../core/types.js';
import { formatClockTime } from '../i18n/format-time.js';
import type { I18n } from '../i18n/i18n.js';
import { sessionName } from '../i18n/session-names.js';
import type { UserSessionActions } from '../store/session-store.js';

/** `secured`: the user did not recognise the session that has ended, so the message leads on. */
export interface SignOutMessage {
  readonly kind: 'text' | 'secured';
  readonly text: string;
}

export interface SignOutActions {
  /** The message about the last sign-out; `null` if there was none, or if the card that has left is message enough. */
  readonly message: SignOutMessage | null;
  /** Shows and announces another message in its place. */
  readonly showMessage: (text: string) => void;
  readonly dismissMessage: () => void;
  readonly one: (session: Session, reason?: string) => void;
  /** Signs out a session that the user does not recognise. */
  readonly unrecognised: (session: Session) => void;
  readonly others: () => void;
  readonly everywhere: (reason?: string) => void;
}

/** The sign-outs of one's own sessions, or of those of `user` by an administrator. Each function keeps its identity. */
export function useSignOutActions(
  actions: UserSessionActions,
  user: string | null,
  i18n: I18n,
  announce: (text: string) => void,
): SignOutActions {
  const [message, setMessage] = useState<SignOutMessage | null>(null);
  const show = useCallback(
    (text: string, kind: SignOutMessage['kind'] = 'text'): void => {
      setMessage({ kind, text });
      announce(text);
    },
    [announce],
  );
  const functions = useMemo(() => {
    const { t, locale } = i18n;
    const send = (request: Promise<RevokeResponse>, failure: string, onDone?: (ended: RevokeResponse) => void): void => {
      setMessage(null);
      request.then(onDone, (error: unknown) => {
        const isOldSignIn = error instanceof Error && 'code' in error && error.code === 'reauthentication_required';
        show(isOldSignIn ? t('reauthenticate') : failure);
      });
    };
    const revoke = (session: Session, reason?: string, onDone?: () => void): void =>
      send(actions.revokeSession(session.session_id, reason), t('signOutFailed', { name: sessionName(session, i18n) }), onDone);
    const until = ({ access_tokens_expire_by: end }: RevokeResponse): string => formatClockTime(end, Date.now(), locale);
    return {
      showMessage: show,
      dismissMessage: () => setMessage(null),
      one: (session: Session, reason?: string) => revoke(session, reason),
      unrecognised: (session: Session) =>
        revoke(session, undefined, () => show(t('secured', { name: sessionName(session, i18n) }), 'secured')),
      others: () =>
        send(actions.revokeOtherSessions(), t('signOutManyFailed'), (ended) =>
          show(t('signedOutOthers', { count: ended.ended, until: until(ended) })),
        ),
      everywhere: (reason?: string) =>
        send(actions.revokeAllSessions(reason), t('signOutManyFailed'), (ended) => {
          // After one's own sign-out the page shows the end of the session instead.
          if (user !== null) show(t('signedOutUser', { user, until: until(ended) }));
        }),
    };
  }, [actions, user, i18n, show]);
  return { message, ...functions };
}
