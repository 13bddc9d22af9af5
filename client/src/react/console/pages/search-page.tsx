/** The results of a search: a user, a session and a network with exactly this name. */

import type { ReactElement, ReactNode } from 'react';

import type { SearchResult } from '../../../core/fleet/fleet-types.js';
import { describeCode } from '../../i18n/describe-entry.js';
import { formatDateTime } from '../../i18n/format-time.js';
import { idSafe } from '../../i18n/i18n.js';
import { useConsole } from '../console-context.js';
import { Loading } from '../parts/loading.js';
import { PageHeading } from '../parts/page-heading.js';
import { ResourceNotice } from '../parts/resource-notice.js';
import { useResource } from '../parts/use-resource.js';
import type { ConsoleView } from '../state/console-view.js';

export function SearchPage({ q, isFirst }: { readonly q: string; readonly isFirst: boolean }): ReactElement {
  const { i18n, fleet, sessionId, navigate } = useConsole();
  const { t } = i18n;
  const shown = idSafe(i18n, q);
  const { state, reload } = useResource(`search ${q} ${sessionId}`, () => fleet.search(q), null);
  const { data, error } = state;
  const isEmpty = data !== null && data.user === null && data.session === null && data.network === null;
  return (
    <>
      <PageHeading isFirst={isFirst}>{t('found.title', { q: shown })}</PageHeading>
      <ResourceNotice state={state} onRetry={() => void reload()} />
      {data === null && error === null && <Loading lines={1} />}
      {data !== null && <Found found={data} />}
      {isEmpty && <p>{t('found.none')}</p>}
      {data !== null && data.user === null && (
        <p className="latchkey-buttons">
          <button type="button" onClick={() => navigate({ page: 'user', userId: q })}>
            {t('found.anyway', { q: shown })}
          </button>
        </p>
      )}
    </>
  );
}

function Found({ found: { user, session, network } }: { readonly found: SearchResult }): ReactElement {
  const { i18n } = useConsole();
  const { t, locale } = i18n;
  const time = (at: string): string => formatDateTime(at, locale, { dateStyle: 'medium', timeStyle: 'short' });
  const safe = (text: string): string | null => idSafe(i18n, text);
  return (
    <ul className="latchkey-cards">
      {user !== null && (
        <Result name={t('found.user', { user: safe(user.user_id) })} view={{ page: 'user', userId: user.user_id }}>
          {t('found.userFacts', { count: user.live_sessions, suspended: user.suspended ? 'yes' : null })}
        </Result>
      )}
      {session !== null && (
        <Result name={t('found.session', { session: session.session_id })} view={{ page: 'user', userId: session.user_id }}>
          {session.live
            ? t('found.sessionLive', { user: safe(session.user_id) })
            : t('found.sessionEnded', {
                user: safe(session.user_id),
                when: session.ended_at === null ? null : time(session.ended_at),
                reason: session.reason === null ? null : describeCode('end', session.reason, true, i18n),
              })}
        </Result>
      )}
      {network !== null && (
        <Result name={t('found.network', { network: safe(network.network) })} view={{ page: 'network', network: network.network }}>
          {t('found.networkFacts', { when: network.last_sign_in === null ? null : time(network.last_sign_in) })}
        </Result>
      )}
    </ul>
  );
}

function Result({ name, view, children }: { readonly name: string; readonly view: ConsoleView; readonly children: ReactNode }): ReactElement {
  const { navigate } = useConsole();
  return (
    <li className="latchkey-found" data-latchkey-item={name}>
      <button type="button" className="latchkey-link" onClick={() => navigate(view)}>
        {name}
      </button>
      <p className="latchkey-muted">{children}</p>
    </li>
  );
}
