/** Advice that is about no session of the list: the account's limit, or a session that was ended for security. */

import { type ReactElement, useLayoutEffect, useRef, useState } from 'react';

import type { Analytics, Recommendation } from '../../core/types.js';
import { describeRecommendation, text } from '../i18n/describe.js';
import { useI18n } from '../i18n/i18n-context.js';
import { AlertIcon } from './icons.js';
import { RelativeTime } from './relative-time.js';
import type { Answers } from './use-answers.js';

interface GeneralAdviceProps extends Answers {
  readonly advice: readonly Recommendation[];
  readonly analytics: Analytics | null;
}

/** More would push the list of sessions down. */
const SHOWN_AT_FIRST = 2;

export function GeneralAdvice({ advice, analytics, answered, undoable, keyOf, setAnswered }: GeneralAdviceProps): ReactElement | null {
  const { t } = useI18n();
  const [showsAll, setShowsAll] = useState(false);
  const open = advice.filter((one) => !answered.has(keyOf(one)) || undoable.has(keyOf(one)));
  if (open.length === 0) return null;
  const hidden = showsAll ? 0 : Math.max(0, open.length - SHOWN_AT_FIRST);
  return (
    <section className="latchkey-advice" aria-label={t('advice')}>
      <ul>
        {open.slice(0, open.length - hidden).map((one) => {
          const key = keyOf(one);
          const isAnswered = answered.has(key);
          return (
            <li key={key} data-latchkey-item={key} data-severity={one.severity}>
              <AlertIcon />{' '}
              {isAnswered ? (
                <Undo onUndo={() => setAnswered([one], false)} />
              ) : (
                <AdviceItem advice={one} analytics={analytics} onDismiss={() => setAnswered([one], true)} />
              )}
            </li>
          );
        })}
      </ul>
      {hidden > 0 && (
        <p data-latchkey-item="more-advice">
          <button type="button" onClick={() => setShowsAll(true)}>
            {t('moreAdvice', { count: hidden })}
          </button>
        </p>
      )}
    </section>
  );
}

interface AdviceItemProps {
  readonly advice: Recommendation;
  readonly analytics: Analytics | null;
  readonly onDismiss: () => void;
}

function AdviceItem({ advice, analytics, onDismiss }: AdviceItemProps): ReactElement {
  const i18n = useI18n();
  const { t } = i18n;
  const sentence = describeRecommendation(advice, null, analytics, i18n);
  const at = text(advice.detail, 'at');
  return (
    <>
      <span>
        {sentence}
        {at !== null && (
          <>
            {', '}
            <RelativeTime at={at} phrase={(when) => when ?? t('justNow')} />
          </>
        )}
      </span>{' '}
      <button type="button" aria-label={t('dismissOf', { advice: sentence })} onClick={onDismiss}>
        {t('dismiss')}
      </button>
    </>
  );
}

/** Thanks for an answer, with the way back. It takes the focus from the button that it replaces. */
export function Undo({ onUndo }: { readonly onUndo: () => void }): ReactElement {
  const { t } = useI18n();
  const undo = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => undo.current?.focus(), []);
  return (
    <>
      <span>{t('thanks')}</span>{' '}
      <button type="button" ref={undo} onClick={onUndo}>
        {t('undo')}
      </button>
    </>
  );
}
