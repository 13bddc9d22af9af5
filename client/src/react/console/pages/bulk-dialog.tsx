/** Ends the sessions from a network in two steps: a preview of what would end, and a button with their number. */

import { type ReactElement, useRef, useState } from 'react';

import { ReasonField } from '../../dashboard/reason-field.js';
import { formatClockTime, formatDateTime } from '../../i18n/format-time.js';
import { bidiSafe } from '../../i18n/i18n.js';
import { useConsole } from '../console-context.js';
import { ConsoleDialog } from '../parts/console-dialog.js';
import { PeriodSelect } from '../parts/period-select.js';
import { useAction } from '../parts/use-action.js';
import { type NetworkPreview, endNetwork, previewNetwork } from '../state/bulk-revocation.js';
import { isoTime, periodStart } from '../state/console-view.js';
import { localMinute } from '../state/local-time.js';
import { AffectedUsers, FailedUsers } from './affected-users.js';

interface BulkDialogProps {
  readonly network: string;
  readonly onClose: () => void;
  /** Called with what has happened. */
  readonly onDone: (text: string) => void;
}

export function BulkDialog({ network, onClose, onDone }: BulkDialogProps): ReactElement {
  const [preview, setPreview] = useState<NetworkPreview | null>(null);
  const [opened, setOpened] = useState<Opened>({ period: 24, from: '' });
  return preview === null ? (
    <PreviewStep {...{ network, opened, setOpened, onClose }} onPreview={setPreview} />
  ) : (
    <ConfirmStep {...{ preview, onClose, onDone }} onBack={() => setPreview(null)} />
  );
}

const OPENED = [1, 24, 168, 'since'] as const;

/** When the sessions were opened. It is kept while the preview is shown. */
interface Opened {
  readonly period: (typeof OPENED)[number];
  /** The value of the field for a time of the reader's choice. */
  readonly from: string;
}

interface PreviewStepProps extends Pick<BulkDialogProps, 'network' | 'onClose'> {
  readonly opened: Opened;
  readonly setOpened: (opened: Opened) => void;
  readonly onPreview: (preview: NetworkPreview) => void;
}

function PreviewStep({ network, opened: { period, from: local }, setOpened, onClose, onPreview }: PreviewStepProps): ReactElement {
  const { i18n, fleet, now } = useConsole();
  const { t } = i18n;
  const reason = useRef<HTMLInputElement>(null);
  const action = useAction();
  const [found, setFound] = useState(0);
  const confirm = (form: FormData): void =>
    action.run(async (signal) => {
      const note = String(form.get('reason') ?? '').trim();
      const from = period === 'since' ? isoTime(Date.parse(local)) : periodStart(period, now());
      setFound(0);
      onPreview(await previewNetwork(fleet, { network, reason: note, from }, setFound, signal));
    });
  return (
    <ConsoleDialog
      title={t('bulk.title', { network: bidiSafe(i18n, network) })}
      text={<p>{t('bulk.text')}</p>}
      confirm={t('bulk.preview')}
      isDanger={false}
      canStop
      progress={action.isBusy ? t('bulk.counting', { count: found }) : null}
      {...{ action, onClose }}
      onConfirm={confirm}
    >
      <p>
        <ReasonField field={reason} />
      </p>
      <p>
        <PeriodSelect label={t('bulk.opened')} periods={OPENED} value={period} onChange={(chosen) => setOpened({ period: chosen, from: local })} />
      </p>
      {period === 'since' && (
        <p>
          <label>
            {t('bulk.from')}{' '}
            <input type="datetime-local" required max={localMinute(now() - 60_000)} value={local} onChange={({ target }) => setOpened({ period, from: target.value })} />
          </label>
        </p>
      )}
    </ConsoleDialog>
  );
}

interface ConfirmStepProps extends Omit<BulkDialogProps, 'network'> {
  readonly preview: NetworkPreview;
  readonly onBack: () => void;
}

function ConfirmStep({ preview, onClose, onDone, onBack }: ConfirmStepProps): ReactElement {
  const { i18n, fleet } = useConsole();
  const { t, locale } = i18n;
  const { network, users, sessions, failed, from, asOf } = preview;
  const full = (at: string): string => formatDateTime(at, locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const action = useAction();
  const [ended, setEnded] = useState(0);
  /** Users whose sessions the last attempt could not end; `null` before the first one. */
  const [unended, setUnended] = useState<readonly string[] | null>(null);
  const confirm = (): void =>
    action.run(async () => {
      setEnded(0);
      setUnended((before) => before && []);
      const result = await endNetwork(fleet, preview, setEnded);
      // The dialog stays open, because the attacker may still have the sessions of these users.
      if (result.failed.length > 0) return setUnended(result.failed);
      onClose();
      onDone(t('bulk.done', { sessions: result.sessions, users: result.users, until: formatClockTime(result.expireBy, Date.now(), locale) }));
    });
  const hasUnended = unended !== null && unended.length > 0;
  const isPartly = ended > 0 && (action.error !== null || hasUnended);
  const isEmpty = sessions === 0 && failed.length === 0;
  return (
    <ConsoleDialog
      title={t('bulk.title', { network: bidiSafe(i18n, network) })}
      text={
        <>
          {unended === null && sessions > 0 && (
            <>
              <p>
                <strong>{t('bulk.wouldEnd', { sessions, users: users.length })}</strong>
              </p>
              <AffectedUsers users={users} />
            </>
          )}
          {unended === null && failed.length > 0 && <FailedUsers label={t('bulk.unread', { count: failed.length })} users={failed} canOpen={false} />}
          {isEmpty && <p>{t('bulk.nothing')}</p>}
          <p className="latchkey-muted">{t('bulk.window', { from: full(from), to: full(asOf) })}</p>
          {!isEmpty && <p>{t('openPages')}</p>}
        </>
      }
      confirm={isEmpty ? null : unended === null ? t('bulk.confirm', { count: sessions }) : t('tryAgain')}
      close={t('bulk.back')}
      progress={action.isBusy ? t('bulk.ending', { count: ended }) : isPartly ? t('bulk.partly', { count: ended }) : null}
      action={action}
      onConfirm={confirm}
      onClose={onBack}
      failure={hasUnended && <FailedUsers label={t('bulk.unended', { count: unended.length })} users={unended} canOpen />}
    />
  );
}
