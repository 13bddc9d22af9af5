/** The page of a user: the suspension, and below it the sessions and the trail, as the account page shows them. */

import { type ReactElement, useMemo } from 'react';

import { idSafe } from '../../i18n/i18n.js';
import { administeredStore, sessionStoreForUser } from '../../store/session-store-for-user.js';
import { useTrackedView } from '../../hooks/use-tracked-view.js';
import { useConsole } from '../console-context.js';
import { Dialogs } from '../parts/dialogs.js';
import { PageHeading } from '../parts/page-heading.js';
import { ResourceNotice } from '../parts/resource-notice.js';
import { useOutcome } from '../parts/use-outcome.js';
import { useResource } from '../parts/use-resource.js';
import { NO_FILTERS } from '../state/console-view.js';
import { ResumeDialog } from './resume-dialog.js';
import { SuspendDialog } from './suspend-dialog.js';
import { SuspensionFacts } from './suspension-facts.js';
import { UserSessions } from './user-sessions.js';

/** Seconds. */
const POLL = 60;

export function UserPage({ userId, isFirst }: { readonly userId: string; readonly isFirst: boolean }): ReactElement {
  const { i18n, client, fleet, sessionId, ownUserId, navigate } = useConsole();
  const { t } = i18n;
  const user = idSafe(i18n, userId);
  const administered = useMemo(() => administeredStore(client, userId), [client, userId]);
  // The list has the administrator's own session only on the own page, which then reads and acts as the account page does: its
  // dialogs name this session, and ending it signs out here.
  const isOwn = useTrackedView(administered).view.currentSession !== null || userId === ownUserId;
  const store = isOwn ? sessionStoreForUser(client) : administered;
  const { state, reload } = useResource(`revocations ${userId} ${sessionId}`, () => fleet.revocations(userId), POLL);
  const [message, showOutcome] = useOutcome();
  const suspension = state.data?.suspension ?? null;
  const isForbidden = state.error?.code === 'forbidden';
  const onDone = (text: string): void => {
    showOutcome(text);
    void reload();
    // A failure is in the list's own notice.
    store.actions.refreshSessions().catch(() => {});
  };
  return (
    <>
      <PageHeading isFirst={isFirst}>{t('user.title', { user })}</PageHeading>
      <ResourceNotice state={state} onRetry={() => void reload()} />
      {!isForbidden && (
        <Dialogs
          dialogs={{
            suspend: (close) => <SuspendDialog userId={userId} onClose={close} onDone={onDone} />,
            resume: (close) => <ResumeDialog userId={userId} onClose={close} onDone={onDone} />,
          }}
        >
          {(open) => (
            <div className="latchkey-status" data-latchkey-item="suspension" data-suspended={suspension !== null}>
              {state.data !== null && <SuspensionFacts suspension={suspension} />}
              <p className="latchkey-buttons">
                {isOwn ? (
                  <span className="latchkey-muted">{t('user.own')}</span>
                ) : (
                  <button type="button" className="latchkey-danger" aria-haspopup="dialog" onClick={open('suspend')}>
                    {t(suspension === null ? 'user.suspend' : 'user.suspendAgain')}
                  </button>
                )}
                {suspension !== null && (
                  <button type="button" aria-haspopup="dialog" onClick={open('resume')}>
                    {t('user.resume')}
                  </button>
                )}
                <button type="button" onClick={() => navigate({ page: 'events', ...NO_FILTERS, userId, period: 2_160 })}>
                  {t('user.events')}
                </button>
              </p>
            </div>
          )}
        </Dialogs>
      )}
      {message !== null && <p className="latchkey-message">{message}</p>}
      {!isForbidden && <UserSessions key={String(isOwn)} {...{ store, isOwn }} />}
    </>
  );
}
