/** The dashboard: who is signed in where, or why nobody can say; the page with the sessions comes on demand. */

import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';

import type { EndReason } from '../../core/types.js';
import { FIRST_ENGLISH } from '../i18n/english-shell.js';
import { type PartialLabels, withLabels } from '../i18n/labels.js';
import { useSessionStore } from '../provider/latchkey-provider.js';
import { NotLoaded } from './load-error.js';
import { NoticeLine } from './notice-banner.js';
import { onDemand, useOnDemand } from '../hooks/lazy-module.js';
import { endedText, noticeOf, noticeText, pageOf } from './page-state.js';
import type { Asked } from './sessions-page.js';
import { Skeleton } from './skeleton.js';
import { useTrackedView } from '../hooks/use-tracked-view.js';
import { useAnnouncement } from '../hooks/use-announcement.js';
import { useImportant } from '../hooks/use-alert-announcement.js';
import { useKeptFocus } from '../hooks/use-focus-restore.js';
import { useSignedOut } from '../hooks/use-signed-out-callback.js';
import { useWatching } from '../hooks/use-auto-refresh.js';
import { directionOf, within } from '../i18n/i18n.js';

/** What the dashboard takes. */
export interface SessionMonitoringProps {
  /** Whose sessions; one's own without it. Somebody else's are for administrators, who end them for a reason. */
  readonly userId?: string | undefined;
  /** Texts to replace. Made once, outside of the component, they cost no render. */
  readonly labels?: PartialLabels | undefined;
  /** Of dates, numbers and lengths; the reader's own without it. */
  readonly locale?: string | undefined;
  /** Called once each time that nobody is signed in any more, with the reason if there is one. */
  readonly onSignedOut?: ((reason: EndReason | null) => void) | undefined;
}

const sessionsPage = onDemand(() => import('./sessions-page.js'));

/**
 * Loads the page with the sessions ahead, as when a pointer rests on the link to it. It never rejects: what did not
 * come is asked for again when the dashboard is shown.
 */
export const preloadSessionMonitoring: () => Promise<void> = sessionsPage.load;

/** The dashboard of the person who is signed in, or of another one for an administrator. */
export function SessionMonitoring(props: SessionMonitoringProps): ReactElement {
  // What was asked and answered about one user is nothing about the next.
  return <Dashboard key={props.userId ?? ''} {...props} />;
}

function Dashboard({ userId, labels: own, locale, onSignedOut }: SessionMonitoringProps): ReactElement {
  const words = useMemo(
    () => ({ labels: withLabels(FIRST_ENGLISH, own), locale, direction: directionOf(locale) }),
    [own, locale],
  );
  const { labels } = words;
  const store = useSessionStore(userId);
  const { view, read } = useTrackedView(store);
  useWatching(store, read);
  const { status, sessions } = view;
  const isReachable = view.online && view.connectionError === null;
  const { part, isMissing } = useOnDemand(sessionsPage, status === 'signed-in', isReachable);
  const user = within(words, view.userId);
  const title = user === null ? labels.title : labels.titleOf(user);

  const root = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const focus = useKeptFocus(root, heading);
  const [announcement, say] = useAnnouncement();
  const [asked, setAsked] = useState<Asked | null>(null);

  const page = pageOf(view);
  const notice = noticeOf(view, labels);
  const goodbye = page === 'ended' ? endedText(view, labels) : null;
  const isSignedIn = page === 'sessions';
  const [hasTried, setHasTried] = useState(false);
  const tryAgain = (): void => {
    setHasTried(true);
    void sessionsPage.load();
  };
  // A notice says more, and the page is asked for again when it is over.
  const lacksPage = isSignedIn && isMissing && notice === null;
  const noticed = notice === null ? null : noticeText(notice, Date.now(), words);
  useImportant({
    text: goodbye ?? noticed ?? (lacksPage ? labels.notLoaded : null),
    cause: goodbye ?? notice?.kind ?? (lacksPage ? 'page' : null),
    backOnline: labels.backOnline,
    say,
  });
  useSignedOut(view, onSignedOut);
  // A question about sessions that are no longer shown is over; those that come may be somebody else's.
  useEffect(() => {
    if (!isSignedIn) setAsked(null);
  }, [isSignedIn]);

  const isShown = isSignedIn && part !== null;
  const isLive = notice === null;
  const hasOthers = user === null && sessions.some((session) => !session.is_current);
  const ask = (what: Asked | null, opener?: HTMLElement): void => {
    if (opener !== undefined) focus.returnTo(opener);
    setAsked(what);
  };
  const isWaiting = page === 'loading' || (isSignedIn && part === null && !isMissing);
  return (
    <section
      ref={root}
      className="latchkey"
      aria-label={title}
      aria-busy={isWaiting}
      // Our own texts are English whatever the dates are; an app's are in its locale.
      lang={own === undefined ? 'en' : locale}
      onFocus={focus.onFocus}
      onBlur={focus.onBlur}
    >
      <header className="latchkey-head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>{' '}
        {isShown && (
          <span className="latchkey-live" data-live={isLive}>
            <span aria-hidden="true">{isLive ? '●' : '○'}</span> {isLive ? labels.live : labels.notLive}
          </span>
        )}{' '}
        {isShown && hasOthers && (
          <button type="button" aria-haspopup="dialog" onClick={(event) => ask('others', event.currentTarget)}>
            {labels.signOutOthers}
          </button>
        )}
      </header>
      {notice !== null && <NoticeLine {...{ notice, words }} onRetry={() => void store?.actions.refreshSessions()} />}
      {lacksPage && <NotLoaded labels={labels} hasTried={hasTried} onTry={tryAgain} />}
      {isWaiting && <Skeleton text={labels.loading} />}
      {goodbye !== null && <p className="latchkey-ended">{goodbye}</p>}
      {isShown && (
        <part.SessionsPage {...{ store, view, labels: own, locale, say, asked }} onAsk={ask} />
      )}
      <div className="latchkey-unseen" role="status">
        <p key={announcement.number}>{announcement.text}</p>
      </div>
    </section>
  );
}
