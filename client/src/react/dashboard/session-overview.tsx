/** The content of the sessions page: recommendations, sessions, chart, numbers and events. */

import type { ReactElement } from 'react';

import type { Session } from '../../core/types.js';
import { useI18n } from '../i18n/i18n-context.js';
import { bidiSafe } from '../i18n/i18n.js';
import type { SessionView } from '../store/session-view.js';
import { EventList } from './event-list.js';
import { RecommendationList } from './recommendation-list.js';
import { SessionRow } from './session-row.js';
import { SessionStats } from './session-stats.js';
import { SignInChart } from './sign-in-chart.js';
import { sortSessions } from './sort-sessions.js';

interface SessionOverviewProps {
  readonly view: SessionView;
  readonly onSignOut: (session: Session, reason?: string) => void;
  readonly onSignOutEverywhere: (opener: HTMLElement) => void;
  readonly onShowMoreEvents: () => void;
}

export function SessionOverview({ view, onSignOut, onSignOutEverywhere, onShowMoreEvents }: SessionOverviewProps): ReactElement {
  const i18n = useI18n();
  const { labels } = i18n;
  const { userId, sessions, analytics, recommendations, sessionLimit } = view;
  const isOnlyHere = sessions.length === 1 && sessions[0]?.is_current === true;
  const everywhere = (
    <p data-latchkey-item="everywhere">
      <button
        type="button"
        className="latchkey-danger"
        aria-haspopup="dialog"
        onClick={(event) => onSignOutEverywhere(event.currentTarget)}
      >
        {labels.signOutEverywhere}
      </button>
    </p>
  );
  if (view.isLoading) return everywhere;
  return (
    <>
      {/* Only the user can answer "Was this you?", so an administrator does not see recommendations. */}
      {userId === null && <RecommendationList {...{ recommendations, sessions, analytics, onSignOut }} />}
      {isOnlyHere && <p>{labels.onlyHere}</p>}
      {userId !== null && sessions.length === 0 && <p>{labels.noSessions(bidiSafe(i18n, userId) ?? '')}</p>}
      <ul className="latchkey-rows" aria-label={labels.sessions}>
        {sortSessions(sessions).map((session) => (
          <SessionRow key={session.session_id} isAdminView={userId !== null} {...{ session, analytics, onSignOut }} />
        ))}
      </ul>
      <div className="latchkey-figures">
        {analytics !== null && <SignInChart days={analytics.sign_ins_by_day} />}
        <SessionStats
          count={sessions.length}
          limit={sessionLimit}
          medianSeconds={analytics?.session_seconds.median ?? null}
        />
      </div>
      <EventList
        events={view.events}
        sessions={sessions}
        isAdminView={userId !== null}
        hasLoaded={view.hasLoadedEvents}
        hasMore={view.hasMoreEvents}
        onShowMore={onShowMoreEvents}
      />
      {sessions.length > 0 && everywhere}
    </>
  );
}
