/** After "It wasn't me": the session has ended, and the next step is the password at the identity provider. */

import { type ReactElement, useLayoutEffect, useRef } from 'react';

import { useI18n } from '../i18n/i18n-context.js';

interface SecuredMessageProps {
  readonly text: string;
  /** Where users change their password; without it the text alone is shown. */
  readonly passwordUrl: string | undefined;
  readonly onDismiss: () => void;
}

/** Takes the focus, because the buttons that the user has just used are gone. */
export function SecuredMessage({ text, passwordUrl, onDismiss }: SecuredMessageProps): ReactElement {
  const { t } = useI18n();
  const next = useRef<HTMLAnchorElement>(null);
  const dismiss = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => (next.current ?? dismiss.current)?.focus(), []);
  return (
    <div className="latchkey-message" data-latchkey-item="secured">
      <p>{text}</p>
      <p className="latchkey-buttons">
        {passwordUrl !== undefined && (
          <a ref={next} className="latchkey-primary" href={passwordUrl}>
            {t('changePassword')}
          </a>
        )}{' '}
        <button ref={dismiss} type="button" onClick={onDismiss}>
          {t('dismiss')}
        </button>
      </p>
    </div>
  );
}
