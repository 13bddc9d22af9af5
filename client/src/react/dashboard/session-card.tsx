/** A session as a card: device, place, activity, a button that signs it out, its advice, and its details on demand. */

import { type ReactElement, memo, useId, useState } from 'react';

import { useI18n } from '../i18n/i18n-context.js';
import { sessionName, versionedName } from '../i18n/session-names.js';
import { CardFacts } from './card-facts.js';
import type { SessionCardProps } from './card-props.js';
import { Chevron, DeviceIcon } from './icons.js';
import { InlineConfirm } from './inline-confirm.js';
import { SessionDetails } from './session-details.js';
import { SessionFindings } from './session-findings.js';
import { SessionQuestion } from './session-question.js';

/** Memoised, because usually only one of the cards has changed. */
export const SessionCard = memo(function SessionCard(props: SessionCardProps): ReactElement {
  const { session, analytics, isAdminView, advice, hasAdvice, onSignOut } = props;
  const i18n = useI18n();
  const { t } = i18n;
  const id = useId();
  const [isOpen, setIsOpen] = useState(false);
  const name = sessionName(session, i18n);
  return (
    <li className="latchkey-card" data-latchkey-item={session.session_id} data-current={session.is_current} data-risk={session.risk.level}>
      <DeviceIcon type={session.device_type} />
      <div className="latchkey-about">
        <h3 className="latchkey-name">
          <button type="button" aria-expanded={isOpen} aria-controls={`${id}details`} onClick={() => setIsOpen(!isOpen)}>
            <bdi dir={i18n.direction}>{versionedName(session, i18n)}</bdi> <Chevron />
          </button>
        </h3>{' '}
        {session.is_current && <span className="latchkey-badge">{t('thisDevice')}</span>}{' '}
        <CardFacts id={`${id}facts`} session={session} />
      </div>{' '}
      {!session.is_current && (
        <InlineConfirm
          text={t('signOut')}
          name={t('signOutOf', { name })}
          describedBy={`${id}facts`}
          question={t('confirmSignOut', { name })}
          requiresReason={isAdminView}
          onConfirm={(reason) => onSignOut(session, reason)}
        />
      )}
      {!hasAdvice && <SessionFindings {...{ session, analytics, isAdminView }} />}
      {advice.length > 0 && <SessionQuestion {...props} describedBy={`${id}facts`} />}
      <div id={`${id}details`} hidden={!isOpen} className="latchkey-details">
        {isOpen && <SessionDetails {...{ session, analytics, isAdminView }} />}
      </div>
    </li>
  );
});
