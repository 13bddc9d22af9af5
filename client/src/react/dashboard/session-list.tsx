/** The sessions, each as a card with its own advice, below a line that leads to the cards with a question. */

import { type ReactElement, useMemo } from 'react';

import type { Recommendation, Session } from '../../core/types.js';
import type { SignOutActions } from '../hooks/use-sign-out-actions.js';
import { useI18n } from '../i18n/i18n-context.js';
import { idSafe } from '../i18n/i18n.js';
import type { SessionView } from '../store/session-view.js';
import { adviceState, asksWasThisYou, groupAdvice } from './advice.js';
import type { OnConfirm } from './confirm-dialog.js';
import { GeneralAdvice } from './general-advice.js';
import { ReviewBanner } from './review-banner.js';
import { RecentEvents } from './recent-events.js';
import { SessionCard } from './session-card.js';
import { sortSessions } from './sort-sessions.js';
import { useAnswers } from './use-answers.js';

interface SessionListProps {
  readonly view: SessionView;
  readonly signOut: SignOutActions;
  readonly onConfirm: OnConfirm;
}

/** The same list each time, so that a card without advice is not rendered again. */
const NO_ADVICE: readonly Recommendation[] = [];

export function SessionList({ view, signOut, onConfirm }: SessionListProps): ReactElement {
  const i18n = useI18n();
  const { t } = i18n;
  const { userId, account, sessions, analytics, recommendations } = view;
  const isAdminView = userId !== null;
  const answers = useAnswers(account);
  const { undoable, keyOf, setAnswered } = answers;
  // Only the user can answer "Was this you?", so an administrator does not see recommendations.
  const { bySession, general } = useMemo(
    () => groupAdvice(isAdminView ? NO_ADVICE : recommendations, sessions),
    [isAdminView, recommendations, sessions],
  );
  const adviceOf = ({ session_id: id }: Session): readonly Recommendation[] => bySession.get(id) ?? NO_ADVICE;
  const asking = sessions.map(adviceOf).filter((advice) => asksWasThisYou(advice) && adviceState(advice, answers) === 'asking');
  const isOnlyHere = sessions.length === 1 && sessions[0]?.is_current === true;
  return (
    <RecentEvents.Provider value={view.events}>
      <ReviewBanner count={asking.length} />
      <GeneralAdvice advice={general} analytics={analytics} {...answers} />
      {isOnlyHere && <p className="latchkey-only">{t('onlyHere')}</p>}
      {isAdminView && sessions.length === 0 && <p className="latchkey-only">{t('noSessions', { user: idSafe(i18n, userId) })}</p>}
      <ul className="latchkey-cards" aria-label={t('sessions')}>
        {sortSessions(sessions).map((session) => {
          const advice = adviceOf(session);
          const state = adviceState(advice, answers);
          const canUndo = advice.some((one) => undoable.has(keyOf(one)));
          return (
            <SessionCard
              key={session.session_id}
              {...{ session, analytics, isAdminView }}
              advice={advice.length === 0 || (state === 'answered' && !canUndo) ? NO_ADVICE : advice}
              hasAdvice={advice.length > 0}
              isAnswered={state === 'answered'}
              onAnswer={setAnswered}
              onSignOut={signOut.one}
              onUnrecognised={signOut.unrecognised}
              onConfirm={onConfirm}
            />
          );
        })}
      </ul>
    </RecentEvents.Provider>
  );
}
