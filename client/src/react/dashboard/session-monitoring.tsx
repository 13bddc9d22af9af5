/** The component `<SessionMonitoring>`: heading, notices and the end of a session. The sessions page is loaded on demand. */

import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';

import { lazyModule, useLazyModule } from '../hooks/lazy-module.js';
import { useAlertAnnouncement } from '../hooks/use-alert-announcement.js';
import { useAnnouncement } from '../hooks/use-announcement.js';
import { useAutoRefresh } from '../hooks/use-auto-refresh.js';
import { useFocusRestore } from '../hooks/use-focus-restore.js';
import { type OnSignedOut, useSignedOutCallback } from '../hooks/use-signed-out-callback.js';
import { useTrackedView } from '../hooks/use-tracked-view.js';
import { SHELL_ENGLISH } from '../i18n/english-shell.js';
import { bidiSafe, directionOf, normalizeLocale } from '../i18n/i18n.js';
import { type PartialLabels, mergeLabels } from '../i18n/labels.js';
import { useSessionStore } from '../provider/latchkey-provider.js';
import { LoadError } from './load-error.js';
import { NoticeBanner } from './notice-banner.js';
import { endedText, noticeOf, noticeText, pageOf } from './page-state.js';
import type { SignOutScope } from './sessions-page.js';
import { Skeleton } from './skeleton.js';

/** The props of `<SessionMonitoring>`. */
export interface SessionMonitoringProps {
  /**
   * The user whose sessions to show. Default: the signed-in user. Another user's sessions require an
   * administrator and a reason for each sign-out.
   */
  readonly userId?: string | undefined;
  /** Your own texts. Create the object outside of your component, so that it is the same in every render. */
  readonly labels?: PartialLabels | undefined;
  /** The locale of dates and numbers, such as `de` or `en_US`. The default, also for text that is no locale: the browser's. */
  readonly locale?: string | undefined;
  /** Called once for each end of a session; never for a visitor without a session. */
  readonly onSignedOut?: OnSignedOut | undefined;
}

const sessionsPage = lazyModule(() => import('./sessions-page.js'));

/**
 * Loads the code of the sessions page ahead of time. It never rejects: if it fails, the dashboard tries again when
 * it is shown.
 *
 * ```tsx
 * <Link to="/security" onPointerEnter={() => void preloadSessionMonitoring()}>Security</Link>
 * ```
 */
export const preloadSessionMonitoring: () => Promise<void> = sessionsPage.load;

/**
 * A dashboard of the sessions of the signed-in user, or of another user for an administrator.
 *
 * ```tsx
 * import '@latchkey/react/styles.css';
 *
 * <SessionMonitoring onSignedOut={(reason) => location.assign(`/login?reason=${reason}`)} />
 * ```
 */
export function SessionMonitoring(props: SessionMonitoringProps): ReactElement {
  // A new user is a new dashboard, so that no question or message about the previous user remains.
  return <Dashboard key={props.userId ?? ''} {...props} />;
}

function Dashboard({ userId, labels: own, locale: ownLocale, onSignedOut }: SessionMonitoringProps): ReactElement {
  const locale = useMemo(() => normalizeLocale(ownLocale), [ownLocale]);
  const i18n = useMemo(
    () => ({ labels: mergeLabels(SHELL_ENGLISH, own), locale, direction: directionOf(locale) }),
    [own, locale],
  );
  const { labels } = i18n;
  const store = useSessionStore(userId);
  const { view, read } = useTrackedView(store);
  useAutoRefresh(store, read);
  const { status, sessions } = view;
  const isReachable = view.online && view.connectionError === null;
  const { module, hasFailed } = useLazyModule(sessionsPage, status === 'signed-in', isReachable);
  const user = bidiSafe(i18n, view.userId);
  const title = user === null ? labels.title : labels.titleOf(user);

  const root = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const focus = useFocusRestore(root, heading);
  const [announcement, announce] = useAnnouncement();
  const [confirming, setConfirming] = useState<SignOutScope | null>(null);
  const [hasRetried, setHasRetried] = useState(false);

  const page = pageOf(view);
  const notice = noticeOf(view, labels);
  const ended = page === 'ended' ? endedText(view, labels) : null;
  const isSignedIn = page === 'sessions';
  // A notice explains more, and the page is loaded again once the notice is over.
  const showsLoadError = isSignedIn && hasFailed && notice === null;
  const noticed = notice === null ? null : noticeText(notice, Date.now(), i18n);
  useAlertAnnouncement({
    text: ended ?? noticed ?? (showsLoadError ? labels.loadFailed : null),
    cause: ended ?? notice?.kind ?? (showsLoadError ? 'load-error' : null),
    backOnline: labels.backOnline,
    announce,
  });
  useSignedOutCallback(view, onSignedOut);
  // A question must not outlive its sessions, because the next ones may belong to another user.
  const isOver = status !== 'signed-in' || page === 'loading';
  useEffect(() => {
    if (isOver) setConfirming(null);
  }, [isOver]);

  const retryLoad = (): void => {
    setHasRetried(true);
    void sessionsPage.load();
  };
  const confirm = (scope: SignOutScope | null, opener?: HTMLElement): void => {
    if (opener !== undefined) focus.returnTo(opener);
    setConfirming(scope);
  };
  // Without a list, the user must still be able to sign out, which no limit refuses.
  const isWithoutList = page === 'unavailable' && status === 'signed-in' && (user === null || view.connectionError?.code === 'rate_limited');
  const isShown = (isSignedIn || isWithoutList) && module !== null;
  const isLive = notice === null;
  const hasOthers = user === null && (isWithoutList || sessions.some((session) => !session.is_current));
  const isWaiting = page === 'loading' || (isSignedIn && module === null && !hasFailed);
  return (
    <section
      ref={root}
      className="latchkey"
      aria-label={title}
      aria-busy={isWaiting}
      // Our texts are English whatever the locale of the dates is. An app's own texts are in its locale.
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
            <span aria-hidden="true">{isLive ? '●' : '○'}</span> {isLive ? labels.live : labels.paused}
          </span>
        )}{' '}
        {isShown && hasOthers && (
          <button type="button" aria-haspopup="dialog" onClick={(event) => confirm('others', event.currentTarget)}>
            {labels.signOutOthers}
          </button>
        )}
      </header>
      {notice !== null && <NoticeBanner {...{ notice, i18n }} onRetry={() => void store?.actions.refreshSessions()} />}
      {showsLoadError && <LoadError labels={labels} hasRetried={hasRetried} onRetry={retryLoad} />}
      {isWaiting && <Skeleton text={labels.loading} />}
      {ended !== null && <p className="latchkey-ended">{ended}</p>}
      {isShown && (
        <module.SessionsPage {...{ store, view, labels: own, locale, announce, confirming }} onConfirm={confirm} />
      )}
      <div className="latchkey-sr-only" role="status">
        <p key={announcement.number}>{announcement.text}</p>
      </div>
    </section>
  );
}
