/** The dashboard of somebody who is signed in. */

import type { ReactElement } from 'react';

import type { Session } from '../../core/types.js';
import { EventList } from './event-list.js';
import { RecommendationList } from './recommendation-list.js';
import { SessionNumbers } from './session-stats.js';
import { inOrder } from './sort-sessions.js';
import { SessionRow } from './session-row.js';
import type { SessionView } from '../store/session-view.js';
import { SignInChart } from './sign-in-chart.js';
import { useWords } from '../i18n/i18n-context.js';
import { within } from '../i18n/i18n.js';

interface SessionOverviewProps {
  readonly view: SessionView;
  readonly onSignOut: (session: Session, reason?: string) => void;
  readonly onEverywhere: (opener: HTMLElement) => void;
  readonly onMoreEvents: () => void;
}

/** What to look at, the sessions, the numbers, the trail. */
export function SessionOverview({ view, onSignOut, onEverywhere, onMoreEvents }: SessionOverviewProps): ReactElement {
  const words = useWords();
  const { labels } = words;
  const { userId, sessions, analytics, recommendations, sessionLimit } = view;
  const isOnlyHere = sessions.length === 1 && sessions[0]?.is_current === true;
  return (
    <>
      {/* "Was that you?" is for nobody else to answer. */}
      {userId === null && <RecommendationList {...{ recommendations, sessions, analytics, onSignOut }} />}
      {isOnlyHere && <p>{labels.onlyHere}</p>}
      {userId !== null && sessions.length === 0 && <p>{labels.nowhere(within(words, userId) ?? '')}</p>}
      <ul className="latchkey-rows" aria-label={labels.sessions}>
        {inOrder(sessions).map((session) => (
          <SessionRow key={session.session_id} isOthers={userId !== null} {...{ session, analytics, onSignOut }} />
        ))}
      </ul>
      <div className="latchkey-figures">
        {analytics !== null && <SignInChart days={analytics.sign_ins_by_day} />}
        <SessionNumbers
          count={sessions.length}
          limit={sessionLimit}
          medianSeconds={analytics?.session_seconds.median ?? null}
        />
      </div>
      <EventList
        events={view.events}
        sessions={sessions}
        areKnown={view.areEventsKnown}
        hasMore={view.hasMoreEvents}
        onMore={onMoreEvents}
      />
      {sessions.length > 0 && (
        <p data-latchkey-item="everywhere">
          <button
            type="button"
            className="latchkey-danger"
            aria-haspopup="dialog"
            onClick={(event) => onEverywhere(event.currentTarget)}
          >
            {labels.signOutEverywhere}
          </button>
        </p>
      )}
    </>
  );
}
