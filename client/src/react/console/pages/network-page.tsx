/** The page of a network: its sign-ins, and the way to end the sessions that were opened from it. */

import type { ReactElement } from 'react';

import { dayName } from '../../dashboard/day-name.js';
import { formatFullTime } from '../../i18n/format-relative-time.js';
import { formatTimeOfDay } from '../../i18n/format-time.js';
import { bidiSafe, idSafe } from '../../i18n/i18n.js';
import { deviceName } from '../../i18n/session-names.js';
import { groupByDay } from '../../i18n/trail-filter.js';
import type { NetworkSignIn } from '../../../core/fleet/fleet-types.js';
import { useConsole } from '../console-context.js';
import { ActionMessage } from '../parts/action-message.js';
import { BusyButton } from '../parts/busy-button.js';
import { Dialogs } from '../parts/dialogs.js';
import { Loading } from '../parts/loading.js';
import { PageHeading } from '../parts/page-heading.js';
import { ResourceNotice } from '../parts/resource-notice.js';
import { useAction } from '../parts/use-action.js';
import { useOutcome } from '../parts/use-outcome.js';
import { useResource } from '../parts/use-resource.js';
import { NO_FILTERS } from '../state/console-view.js';
import { appendSignIns, readSignIns } from '../state/sign-ins.js';
import { BulkDialog } from './bulk-dialog.js';

export function NetworkPage({ network, isFirst }: { readonly network: string; readonly isFirst: boolean }): ReactElement {
  const { i18n, fleet, sessionId, navigate } = useConsole();
  const { t } = i18n;
  const { state, reload, update } = useResource(`sign-ins ${network} ${sessionId}`, () => readSignIns(fleet, network, undefined), null);
  const [message, showOutcome] = useOutcome();
  const older = useAction();
  const { data, error } = state;
  const next = data?.next ?? null;
  const name = bidiSafe(i18n, data?.network ?? network);
  const showMore = (cursor: string): void =>
    older.run(async () => {
      const page = await readSignIns(fleet, network, cursor);
      update((before) => appendSignIns(before, cursor, page));
    });
  const onDone = (text: string): void => {
    showOutcome(text);
    void reload();
  };
  return (
    <>
      <PageHeading isFirst={isFirst}>{t('network.title', { network: name })}</PageHeading>
      <ResourceNotice state={state} onRetry={() => void reload()} />
      <Dialogs dialogs={{ end: (close) => <BulkDialog network={data?.network ?? network} onClose={close} onDone={onDone} /> }}>
        {(open) => (
          <p className="latchkey-buttons" data-latchkey-item="actions">
            <button type="button" className="latchkey-danger" aria-haspopup="dialog" onClick={open('end')}>
              {t('network.end')}
            </button>
            <button type="button" onClick={() => navigate({ page: 'events', ...NO_FILTERS, network })}>
              {t('network.events')}
            </button>
          </p>
        )}
      </Dialogs>
      {message !== null && <p className="latchkey-message">{message}</p>}
      <section className="latchkey-events" aria-label={t('network.signIns')}>
        <h3>{t('network.signIns')}</h3>
        {data === null && error === null && <Loading />}
        {data?.signIns.length === 0 && next === null && <p className="latchkey-muted">{t('network.none')}</p>}
        {data !== null && <SignIns signIns={data.signIns} />}
        <ActionMessage action={older} />
        {next !== null && (
          <BusyButton data-latchkey-item="more" isBusy={older.isBusy} onClick={() => showMore(next)}>
            {t(older.isBusy ? 'events.loadingMore' : 'showMore')}
          </BusyButton>
        )}
      </section>
    </>
  );
}

function SignIns({ signIns }: { readonly signIns: readonly NetworkSignIn[] }): ReactElement {
  const { i18n, now, navigate } = useConsole();
  const { t, locale } = i18n;
  return (
    <>
      {groupByDay(signIns.map((event) => ({ event }))).map((day) => (
        <div key={day[0].event.event_id} className="latchkey-day">
          <h4>{dayName(day[0].event.created_at, now(), i18n)}</h4>
          <ul>
            {day.map(({ event: { event_id: id, user_id: userId, device, created_at: at } }) => {
              const user = idSafe(i18n, userId);
              return (
                <li key={id} data-latchkey-item={id}>
                  <time dateTime={at} title={formatFullTime(at, locale)}>
                    {formatTimeOfDay(at, locale)}
                  </time>{' '}
                  <button type="button" className="latchkey-link" aria-label={t('events.openUser', { user })} onClick={() => navigate({ page: 'user', userId })}>
                    <bdi>{user}</bdi>
                  </button>{' '}
                  <bdi dir={i18n.direction} className="latchkey-device">
                    {deviceName(device, i18n) ?? t('device.unknown')}
                  </bdi>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </>
  );
}
