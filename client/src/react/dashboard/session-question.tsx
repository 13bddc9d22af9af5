/** All advice about a session with one decision: "It was me" or "It wasn't me". */

import type { ReactElement } from 'react';

import { describeRecommendation, text } from '../i18n/describe.js';
import { useI18n } from '../i18n/i18n-context.js';
import { sessionName } from '../i18n/session-names.js';
import { asksWasThisYou } from './advice.js';
import type { SessionCardProps } from './card-props.js';
import { Undo } from './general-advice.js';
import { AlertIcon } from './icons.js';
import { InlineConfirm } from './inline-confirm.js';
import { RelativeTime } from './relative-time.js';

type SessionQuestionProps = SessionCardProps & { readonly describedBy: string };

export function SessionQuestion(props: SessionQuestionProps): ReactElement {
  const { session, advice, isAnswered, onAnswer } = props;
  const i18n = useI18n();
  const { t } = i18n;
  if (isAnswered) {
    return (
      <div className="latchkey-question" data-answered="true">
        <Undo onUndo={() => onAnswer(advice, false)} />
      </div>
    );
  }
  const asks = asksWasThisYou(advice);
  const name = sessionName(session, i18n);
  const sentences = advice.map((one) => describeRecommendation(one, session, props.analytics, i18n));
  const at = advice.map(({ detail }) => text(detail, 'at')).find((time) => time !== null);
  return (
    <div className="latchkey-question" data-latchkey-question={asks ? '' : undefined}>
      <AlertIcon />{' '}
      <p>
        <strong>{sentences.join('. ')}</strong>
        {at !== undefined && at !== null && (
          <>
            {', '}
            <RelativeTime at={at} phrase={(when) => when ?? t('justNow')} />
          </>
        )}
        {'. '}
        {asks && t('wasThisYou')}
      </p>{' '}
      <div className="latchkey-buttons">
        <button
          type="button"
          aria-label={t(asks ? 'itWasMeOf' : 'keepOf', { name })}
          aria-describedby={props.describedBy}
          onClick={() => onAnswer(advice, true)}
        >
          {t(asks ? 'itWasMe' : 'keep')}
        </button>{' '}
        {asks && <Refusal {...props} name={name} />}
      </div>
    </div>
  );
}

type RefusalProps = SessionQuestionProps & { readonly name: string };

/** This device cannot be ended alone, because the thief has its token: the user signs out everywhere. */
function Refusal({ session, name, describedBy, onUnrecognised, onConfirm }: RefusalProps): ReactElement {
  const { t } = useI18n();
  const [text, label] = [t('itWasNotMe'), t('itWasNotMeOf', { name })];
  if (session.is_current) {
    return (
      <button type="button" aria-label={label} aria-haspopup="dialog" onClick={(event) => onConfirm('everywhere', event.currentTarget)}>
        {text}
      </button>
    );
  }
  return (
    <InlineConfirm
      text={text}
      name={label}
      describedBy={describedBy}
      question={t('confirmSignOut', { name })}
      onConfirm={() => onUnrecognised(session)}
    />
  );
}
