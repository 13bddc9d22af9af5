/** Asks for the reason and the end of a suspension. */

import { type ReactElement, useRef, useState } from 'react';

import { ReasonField } from '../../dashboard/reason-field.js';
import { idSafe } from '../../i18n/i18n.js';
import { useConsole } from '../console-context.js';
import { ConsoleDialog } from '../parts/console-dialog.js';
import { useAction } from '../parts/use-action.js';
import { localMinute } from '../state/local-time.js';
import { type UntilChoice, UNTIL_CHOICES, untilOf } from '../state/until.js';

interface SuspendDialogProps {
  readonly userId: string;
  readonly onClose: () => void;
  /** Called with what has happened. */
  readonly onDone: (text: string) => void;
}

export function SuspendDialog({ userId, onClose, onDone }: SuspendDialogProps): ReactElement {
  const { i18n, fleet, now } = useConsole();
  const { t } = i18n;
  const user = idSafe(i18n, userId);
  const reason = useRef<HTMLInputElement>(null);
  const [choice, setChoice] = useState<UntilChoice>('none');
  const action = useAction();
  const confirm = (form: FormData): void =>
    action.run(async () => {
      const note = String(form.get('reason') ?? '').trim();
      const { ended } = await fleet.suspend(userId, note, untilOf(choice, String(form.get('until') ?? ''), now()));
      onClose();
      onDone(t('suspend.done', { user, count: ended }));
    });
  return (
    <ConsoleDialog title={t('suspend.title', { user })} text={<p>{t('suspend.text')}</p>} confirm={t('suspend.confirm')} {...{ action, onClose }} onConfirm={confirm}>
      <p>
        <ReasonField field={reason} />
      </p>
      <p>
        <label>
          {t('suspend.until')}{' '}
          <select value={choice} onChange={({ target }) => setChoice(UNTIL_CHOICES.find((one) => one === target.value) ?? 'none')}>
            {UNTIL_CHOICES.map((one) => (
              <option key={one} value={one}>
                {t(`suspend.until.${one}`)}
              </option>
            ))}
          </select>
        </label>
      </p>
      {choice === 'other' && (
        <p>
          <label>
            {t('suspend.untilAt')}{' '}
            <input
              type="datetime-local"
              name="until"
              required
              min={localMinute(now() + 60_000)}
              onChange={({ currentTarget: field }) => field.setCustomValidity(Date.parse(field.value) > now() ? '' : t('suspend.past'))}
            />
          </label>
        </p>
      )}
    </ConsoleDialog>
  );
}
