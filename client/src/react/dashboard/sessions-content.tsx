/** The content for a signed-in user: what to do first, the sessions, the numbers and the trail. */

import { type ReactElement, useCallback, useMemo, useState } from 'react';

import type { Session } from '../../core/types.js';
import { useListChangeAnnouncement } from '../hooks/use-list-change-announcement.js';
import { useSignOutActions } from '../hooks/use-sign-out-actions.js';
import { useI18n } from '../i18n/i18n-context.js';
import { idSafe } from '../i18n/i18n.js';
import type { SessionStore } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';
import { UNAVAILABLE_ACTIONS } from '../store/unavailable-actions.js';
import { Activity } from './activity.js';
import { ConfirmDialog, type OnConfirm, type SignOutScope } from './confirm-dialog.js';
import { SecuredMessage } from './secured-message.js';
import { SessionList } from './session-list.js';
import { SignInStatistics } from './sign-in-statistics.js';
import { Toolbar } from './toolbar.js';

interface SessionsContentProps {
  readonly store: SessionStore | null;
  readonly view: SessionView;
  readonly passwordUrl: string | undefined;
  readonly announce: (text: string) => void;
  /** Sets the element that gets the focus after the dialog. */
  readonly returnTo: (opener: HTMLElement) => void;
  readonly isLive: boolean;
}

export function SessionsContent({ store, view, passwordUrl, announce, returnTo, isLive }: SessionsContentProps): ReactElement {
  const i18n = useI18n();
  const { t } = i18n;
  const { status, sessions, isLoading } = view;
  const user = idSafe(i18n, view.userId);
  const actions = store?.actions ?? UNAVAILABLE_ACTIONS;
  useListChangeAnnouncement(
    useMemo(() => ({ status, sessions: isLoading ? null : sessions }), [status, sessions, isLoading]),
    i18n,
    announce,
  );
  const signOut = useSignOutActions(actions, user, i18n, announce);
  const [confirming, setConfirming] = useState<SignOutScope | null>(null);
  const confirm = useCallback<OnConfirm>(
    (scope, opener) => {
      returnTo(opener);
      setConfirming(scope);
    },
    [returnTo],
  );
  const showMoreEvents = (): void => {
    const before = view.events.length;
    actions.loadMoreEvents().then(
      () => {
        const count = (store?.getView().events.length ?? before) - before;
        if (count > 0) announce(t('moreEventsLoaded', { count }));
      },
      () => signOut.showMessage(t('unreachable')),
    );
  };
  const hasOthers = user === null && (isLoading || sessions.some((session: Session) => !session.is_current));
  const { message } = signOut;
  return (
    <>
      <Toolbar {...{ isLive, hasOthers }} onConfirm={confirm} />
      {message?.kind === 'secured' && (
        <SecuredMessage key={message.text} text={message.text} passwordUrl={passwordUrl} onDismiss={signOut.dismissMessage} />
      )}
      {message?.kind === 'text' && <p className="latchkey-message">{message.text}</p>}
      {!isLoading && (
        <>
          <SessionList view={view} signOut={signOut} onConfirm={confirm} />
          <SignInStatistics view={view} />
          <Activity view={view} onShowMore={showMoreEvents} />
        </>
      )}
      {(isLoading || sessions.length > 0) && (
        <p className="latchkey-everywhere" data-latchkey-item="everywhere">
          <button
            type="button"
            className="latchkey-danger"
            aria-haspopup="dialog"
            onClick={(event) => confirm('everywhere', event.currentTarget)}
          >
            {t('signOutEverywhere')}
          </button>
        </p>
      )}
      {confirming !== null && (
        <ConfirmDialog
          scope={confirming}
          count={isLoading ? null : sessions.length}
          user={user}
          onCancel={() => setConfirming(null)}
          onConfirm={(reason) => {
            setConfirming(null);
            signOut[confirming](reason);
          }}
        />
      )}
    </>
  );
}
