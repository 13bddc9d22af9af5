/** The users whose sessions would end, those with the most sessions first, and the users whose sessions could not be read or ended. */

import type { ReactElement, ReactNode } from 'react';

import { idSafe } from '../../i18n/i18n.js';
import { useConsole } from '../console-context.js';
import type { AffectedUser } from '../state/bulk-revocation.js';

/** More rows are no help before a decision. */
const SHOWN = 100;

export function AffectedUsers({ users }: { readonly users: readonly AffectedUser[] }): ReactElement {
  const { i18n } = useConsole();
  const { t } = i18n;
  return (
    <UserList label={t('network.user')} count={users.length}>
      {users.slice(0, SHOWN).map(({ userId, sessions }) => (
        <li key={userId}>
          <bdi>{idSafe(i18n, userId)}</bdi> <span className="latchkey-muted">{t('bulk.userSessions', { count: sessions })}</span>
        </li>
      ))}
    </UserList>
  );
}

interface FailedUsersProps {
  readonly label: string;
  readonly users: readonly string[];
  /** Each name leads to the page of the user, where the sessions can be ended one by one. */
  readonly canOpen: boolean;
}

export function FailedUsers({ label, users, canOpen }: FailedUsersProps): ReactElement {
  const { i18n, navigate } = useConsole();
  return (
    <>
      <p className="latchkey-notice">{label}</p>
      <UserList label={label} count={users.length}>
        {users.slice(0, SHOWN).map((userId) => {
          const name = <bdi>{idSafe(i18n, userId)}</bdi>;
          return (
            <li key={userId}>
              {canOpen ? (
                <button type="button" className="latchkey-link" onClick={() => navigate({ page: 'user', userId })}>
                  {name}
                </button>
              ) : (
                name
              )}
            </li>
          );
        })}
      </UserList>
    </>
  );
}

interface UserListProps {
  readonly label: string;
  readonly count: number;
  readonly children: ReactNode;
}

/** Scrolls, so that a long list leaves the buttons of the dialog in sight. */
function UserList({ label, count, children }: UserListProps): ReactElement {
  const { t } = useConsole().i18n;
  const hidden = count - SHOWN;
  return (
    <div className="latchkey-affected" role="region" aria-label={label} tabIndex={0}>
      <ul>
        {children}
        {hidden > 0 && <li className="latchkey-muted">{t('bulk.andMore', { count: hidden })}</li>}
      </ul>
    </div>
  );
}
