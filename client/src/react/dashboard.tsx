/** The dashboard: where somebody is signed in, what was noticed, and how to end it. */

import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';

import { ConfirmDialog } from './confirm-dialog.js';
import { type Labels, withLabels } from './labels.js';
import { NO_ACTIONS } from './no-actions.js';
import { NoticeLine } from './notice-line.js';
import { endedText, noticeOf, noticeText, pageOf } from './page-state.js';
import type { SessionMonitoringProps } from './session-monitoring.js';
import { SessionOverview } from './session-overview.js';
import type { SessionStore } from './session-store.js';
import { SkeletonRows } from './skeleton-rows.js';
import { useTrackedView } from './tracked-view.js';
import { useAnnouncement } from './use-announcement.js';
import { useKeptFocus } from './use-kept-focus.js';
import { useSignOuts } from './use-sign-outs.js';
import { useWatching } from './use-watching.js';
import { WordsContext, directionOf, within } from './words.js';

/** What the dashboard takes: what an app gives, and the store that it is watched by. */
export type DashboardProps = Omit<SessionMonitoringProps, 'userId' | 'onSignedOut'> & { readonly store: SessionStore | null };

/** The dashboard of the person who is signed in, or of another one for an administrator. */
export function Dashboard({ store, labels: own, locale }: DashboardProps): ReactElement {
  const words = useMemo(
    () => ({ labels: withLabels(own), locale, direction: directionOf(locale) }),
    [own, locale],
  );
  const { labels } = words;
  const { view, read } = useTrackedView(store);
  useWatching(store, read);
  const { status, online, sessions, isLoading } = view;
  const actions = store?.actions ?? NO_ACTIONS;
  const user = within(words, view.userId);
  const title = user === null ? labels.title : labels.titleOf(user);

  const root = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const focus = useKeptFocus(root, heading);
  const shown = useMemo(
    () => ({ status, online, sessions: isLoading ? null : sessions }),
    [status, online, sessions, isLoading],
  );
  const [announcement, say] = useAnnouncement(shown, words);
  const signOuts = useSignOuts(actions, user, words, say);
  const [asked, setAsked] = useState<'others' | 'everywhere' | null>(null);

  const page = pageOf(view);
  const notice = noticeOf(view, labels);
  const goodbye = page.kind === 'ended' ? endedText(page.how, view.sessionLimit, labels) : null;
  const important = goodbye ?? (notice === null ? null : noticeText(notice, Date.now(), words));
  const cause = goodbye ?? notice?.kind ?? null;
  const latest = useRef(important);
  latest.current = important;
  // Once a cause: the sentence itself counts down.
  useEffect(() => {
    if (latest.current !== null) say(latest.current);
  }, [cause, say]);

  // A question about sessions that are no longer shown is over; those that come may be somebody else's.
  useEffect(() => {
    if (page.kind !== 'sessions') setAsked(null);
  }, [page.kind]);

  const isLive = page.kind === 'sessions' && notice === null;
  const others = sessions.filter((session) => !session.is_current).length;
  const ask = (what: 'others' | 'everywhere', opener: HTMLElement): void => {
    focus.returnTo(opener);
    setAsked(what);
  };
  return (
    <WordsContext.Provider value={words}>
      <section
        ref={root}
        className="latchkey"
        aria-label={title}
        aria-busy={page.kind === 'loading'}
        // Our own texts are English whatever the dates are; an app's are in its locale.
        lang={own === undefined ? 'en' : locale}
        onFocus={focus.onFocus}
        onBlur={focus.onBlur}
      >
        <header className="latchkey-head">
          <h2 ref={heading} tabIndex={-1}>
            {title}
          </h2>{' '}
          {page.kind === 'sessions' && (
            <span className="latchkey-live" data-live={isLive}>
              <span aria-hidden="true">{isLive ? '●' : '○'}</span> {isLive ? labels.live : labels.notLive}
            </span>
          )}{' '}
          {page.kind === 'sessions' && user === null && others > 0 && (
            <button type="button" aria-haspopup="dialog" onClick={(event) => ask('others', event.currentTarget)}>
              {labels.signOutOthers}
            </button>
          )}
        </header>
        {notice !== null && <NoticeLine notice={notice} onRetry={() => void actions.refreshSessions()} />}
        {signOuts.outcome !== null && page.kind === 'sessions' && (
          <p className="latchkey-outcome">{signOuts.outcome}</p>
        )}
        {page.kind === 'loading' && <SkeletonRows text={labels.loading} />}
        {goodbye !== null && <p className="latchkey-ended">{goodbye}</p>}
        {page.kind === 'sessions' && (
          <SessionOverview
            view={view}
            onSignOut={signOuts.one}
            onEverywhere={(opener) => ask('everywhere', opener)}
            onMoreEvents={() => {
              const before = view.events.length;
              actions.loadMoreEvents().then(
                () => {
                  const count = (store?.getView().events.length ?? before) - before;
                  if (count > 0) say(labels.olderEvents(count));
                },
                () => signOuts.tell(labels.unreachable(null)),
              );
            }}
          />
        )}
        {asked !== null && (
          <ConfirmDialog
            {...questionOf(asked, sessions.length, user, labels)}
            asksWhy={user !== null}
            onCancel={() => setAsked(null)}
            onConfirm={(reason) => {
              setAsked(null);
              signOuts[asked](reason);
            }}
          />
        )}
        <div className="latchkey-unseen" role="status">
          <p key={announcement.number}>{announcement.text}</p>
        </div>
      </section>
    </WordsContext.Provider>
  );
}

/** What the dialog asks: how many sessions end, and which one stays. */
function questionOf(
  asked: 'others' | 'everywhere',
  count: number,
  user: string | null,
  labels: Labels,
): { readonly title: string; readonly text: string; readonly confirm: string } {
  if (asked === 'others') return { title: labels.askOthersTitle, text: labels.askOthers(count - 1), confirm: labels.signOutOthers };
  const text = user === null ? labels.askEverywhere(count) : labels.askEverywhereOf(user, count);
  return { title: labels.askEverywhereTitle, text, confirm: labels.signOutAll };
}
