/** A field for an IP address or a network. The form is not submitted while its text is neither. */

import type { ReactElement } from 'react';

import { useConsole } from '../console-context.js';
import { isNetwork } from '../state/network-text.js';
import { useDraft } from './use-draft.js';

export function NetworkField({ saved }: { readonly saved: string }): ReactElement {
  const { t } = useConsole().i18n;
  const [value, setValue] = useDraft(saved);
  return (
    <label>
      {t('events.network')}{' '}
      <input
        ref={(field) => field?.setCustomValidity(value.trim() === '' || isNetwork(value.trim()) ? '' : t('events.badNetwork'))}
        name="network"
        value={value}
        maxLength={49}
        autoComplete="off"
        spellCheck={false}
        dir="ltr"
        onChange={({ target }) => setValue(target.value)}
      />
    </label>
  );
}
