/** The sessions and the trail of a user in the frame of the console: the account page, which an administrator's own page is as well. */

import { type ReactElement, useRef } from 'react';

import { pageOf } from '../../dashboard/page-of.js';
import { SessionsPage } from '../../dashboard/sessions-page.js';
import { useAutoRefresh } from '../../hooks/use-auto-refresh.js';
import { useTrackedView } from '../../hooks/use-tracked-view.js';
import type { SessionStore } from '../../store/session-store.js';
import { useConsole } from '../console-context.js';
import { Loading } from '../parts/loading.js';

interface UserSessionsProps {
  readonly store: SessionStore;
  /** These are the sessions of the administrator. */
  readonly isOwn: boolean;
}

export function UserSessions({ store, isOwn }: UserSessionsProps): ReactElement {
  const { texts, labels, language, announce } = useConsole();
  const { view, read } = useTrackedView(store);
  useAutoRefresh(store, read);
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <section className="latchkey-user" aria-labelledby="latchkey-user-sessions">
      <h3 ref={heading} id="latchkey-user-sessions" tabIndex={-1}>
        {labels?.sessions ?? texts['sessions']}
      </h3>
      {pageOf(view) === 'loading' ? <Loading /> : <SessionsPage {...{ store, view, texts, labels, language, announce, heading }} isOfNamedUser={!isOwn} passwordUrl={undefined} />}
    </section>
  );
}
