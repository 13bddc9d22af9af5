/** The page of a user: the suspension, and below it the sessions and the trail, as the account page shows them. */

import { type ReactElement, useState } from 'react';

import { bidiSafe } from '../../i18n/i18n.js';
import { useSessionStore } from '../../provider/latchkey-provider.js';
import { useConsole } from '../console-context.js';
import { Dialogs } from '../parts/dialogs.js';
import { PageHeading } from '../parts/page-heading.js';
import { ResourceNotice } from '../parts/resource-notice.js';
import { useResource } from '../parts/use-resource.js';
import { NO_FILTERS } from '../state/console-view.js';
import { ResumeDialog } from './resume-dialog.js';
import { SuspendDialog } from './suspend-dialog.js';
import { SuspensionFacts } from './suspension-facts.js';
import { UserSessions } from './user-sessions.js';

/** Seconds. */
const POLL = 60;

export function UserPage({ userId, isFirst }: { readonly userId: string; readonly isFirst: boolean }): ReactElement {
  const { i18n, fleet, sessionId, ownUserId, navigate, announce } = useConsole();
  const { t } = i18n;
  const user = bidiSafe(i18n, userId);
  const store = useSessionStore(userId);
  const { state, reload } = useResource(`revocations ${userId} ${sessionId}`, () => fleet.revocations(userId), POLL);
  const [message, setMessage] = useState<string | null>(null);
  const suspension = state.data?.suspension ?? null;
  const isForbidden = state.error?.code === 'forbidden';
  const onDone = (text: string): void => {
    setMessage(text);
    announce(text);
    void reload();
    // A failure is in the list's own notice.
    store?.actions.refreshSessions().catch(() => {});
  };
  return (
    <>
      <PageHeading isFirst={isFirst}>{t('user.title', { user })}</PageHeading>
      <ResourceNotice state={state} onRetry={() => void reload()} />
      {!isForbidden && (
        <Dialogs>
          {(open) => (
            <div className="latchkey-status" data-latchkey-item="suspension" data-suspended={suspension !== null}>
              {state.data !== null && <SuspensionFacts suspension={suspension} />}
              <p className="latchkey-buttons">
                {userId === ownUserId ? (
                  <span className="latchkey-muted">{t('user.own')}</span>
                ) : (
                  <button
                    type="button"
                    className="latchkey-danger"
                    aria-haspopup="dialog"
                    onClick={open((close) => (
                      <SuspendDialog userId={userId} onClose={close} onDone={onDone} />
                    ))}
                  >
                    {t(suspension === null ? 'user.suspend' : 'user.suspendAgain')}
                  </button>
                )}
                {suspension !== null && (
                  <button
                    type="button"
                    aria-haspopup="dialog"
                    onClick={open((close) => (
                      <ResumeDialog userId={userId} onClose={close} onDone={onDone} />
                    ))}
                  >
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
      {!isForbidden && <UserSessions store={store} />}
    </>
  );
}
