/** Asks for the reason of a resumption. */

import { type ReactElement, useRef } from 'react';

import { ReasonField } from '../../dashboard/reason-field.js';
import { idSafe } from '../../i18n/i18n.js';
import { useConsole } from '../console-context.js';
import { ConsoleDialog } from '../parts/console-dialog.js';
import { useAction } from '../parts/use-action.js';

interface ResumeDialogProps {
  readonly userId: string;
  readonly onClose: () => void;
  /** Called with what has happened. */
  readonly onDone: (text: string) => void;
}

export function ResumeDialog({ userId, onClose, onDone }: ResumeDialogProps): ReactElement {
  const { i18n, fleet } = useConsole();
  const { t } = i18n;
  const user = idSafe(i18n, userId);
  const reason = useRef<HTMLInputElement>(null);
  const action = useAction();
  const confirm = (form: FormData): void =>
    action.run(async () => {
      const wasSuspended = await fleet.resume(userId, String(form.get('reason') ?? '').trim());
      onClose();
      onDone(t('resume.done', { user, was: wasSuspended ? 'yes' : null }));
    });
  return (
    <ConsoleDialog
      title={t('resume.title', { user })}
      text={<p>{t('resume.text')}</p>}
      confirm={t('resume.confirm')}
      isDanger={false}
      {...{ action, onClose }}
      onConfirm={confirm}
    >
      <p>
        <ReasonField field={reason} />
      </p>
    </ConsoleDialog>
  );
}
