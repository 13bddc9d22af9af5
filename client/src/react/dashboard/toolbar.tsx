/** Next to the heading: whether the page is up to date, and the sign-out of all other sessions. */

import type { ReactElement } from 'react';

import { useI18n } from '../i18n/i18n-context.js';
import type { OnConfirm } from './confirm-dialog.js';

interface ToolbarProps {
  readonly isLive: boolean;
  readonly hasOthers: boolean;
  readonly onConfirm: OnConfirm;
}

export function Toolbar({ isLive, hasOthers, onConfirm }: ToolbarProps): ReactElement {
  const { t } = useI18n();
  return (
    <div className="latchkey-toolbar" data-latchkey-item="toolbar">
      <span className="latchkey-live" data-live={isLive}>
        <span aria-hidden="true">{isLive ? '●' : '○'}</span> {t(isLive ? 'live' : 'paused')}
      </span>{' '}
      {hasOthers && (
        <button type="button" aria-haspopup="dialog" onClick={(event) => onConfirm('others', event.currentTarget)}>
          {t('signOutOthers')}
        </button>
      )}
    </div>
  );
}
