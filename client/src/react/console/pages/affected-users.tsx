/** The users whose sessions would end, those with the most sessions first. */

import type { ReactElement } from 'react';

import { bidiSafe } from '../../i18n/i18n.js';
import { useConsole } from '../console-context.js';
import type { AffectedUser } from '../state/bulk-revocation.js';

/** More rows are no help before a decision. */
const SHOWN = 100;

export function AffectedUsers({ users }: { readonly users: readonly AffectedUser[] }): ReactElement {
  const { i18n } = useConsole();
  const { t } = i18n;
  const hidden = users.length - SHOWN;
  return (
    <div className="latchkey-affected" role="region" aria-label={t('network.user')} tabIndex={0}>
      <ul>
        {users.slice(0, SHOWN).map(({ userId, sessions }) => (
          <li key={userId}>
            <bdi>{bidiSafe(i18n, userId)}</bdi> <span className="latchkey-muted">{t('bulk.userSessions', { count: sessions })}</span>
          </li>
        ))}
        {hidden > 0 && <li className="latchkey-muted">{t('bulk.andMore', { count: hidden })}</li>}
      </ul>
    </div>
  );
}
