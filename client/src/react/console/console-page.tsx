/** The console below its heading: navigation, search and the page that is open. It is loaded on demand. */

import { type ReactElement, type RefObject, useEffect, useMemo, useRef } from 'react';

import { fleetOf } from '../../core/fleet/fleet-of.js';
import type { Latchkey } from '../../core/types.js';
import { NoticeBanner } from '../dashboard/notice-banner.js';
import { endedText, noticeOf, noticeText } from '../dashboard/page-state.js';
import { useAlertAnnouncement } from '../hooks/use-alert-announcement.js';
import { useFocusRestore } from '../hooks/use-focus-restore.js';
import { I18nContext } from '../i18n/i18n-context.js';
import { createI18n } from '../i18n/i18n.js';
import type { Language } from '../i18n/language.js';
import { ServerClock } from '../i18n/server-clock.js';
import type { SessionView } from '../store/session-view.js';
import { type Console, ConsoleContext } from './console-context.js';
import type { ConsoleTextKey, PartialConsoleLabels } from './console-labels.js';
import { ConsoleNavigation } from './console-navigation.js';
import { EventsPage } from './pages/events-page.js';
import { NetworkPage } from './pages/network-page.js';
import { OverviewPage } from './pages/overview-page.js';
import { SearchPage } from './pages/search-page.js';
import { UserPage } from './pages/user-page.js';
import { type ConsoleView, consoleViewToQuery } from './state/console-view.js';
import type { TextKey } from '../i18n/labels.js';

interface ConsolePageProps {
  readonly client: Latchkey;
  readonly account: SessionView;
  /** Our texts in the language, of the account page and of the console. */
  readonly texts: PartialConsoleLabels;
  /** The app's own texts. */
  readonly labels: PartialConsoleLabels | undefined;
  readonly language: Language;
  readonly view: ConsoleView;
  readonly onNavigate: (view: ConsoleView) => void;
  readonly signInAgain: (() => Promise<void> | void) | null;
  /** Asks the server again, if it did not answer. */
  readonly onRetry: () => void;
  readonly announce: (text: string) => void;
  /** Gets the focus if there is no better place. */
  readonly heading: RefObject<HTMLElement | null>;
}

export function ConsolePage(props: ConsolePageProps): ReactElement {
  const { client, account, texts, labels, language, view, onNavigate, signInAgain, onRetry, announce, heading } = props;
  const { account: ownUserId, status, online, serverTimeOffset, tokenStatus } = account;
  const i18n = useMemo(() => createI18n<TextKey | ConsoleTextKey>(texts, labels, language), [texts, labels, language]);
  const root = useRef<HTMLDivElement>(null);
  const { onFocus, onBlur } = useFocusRestore(root, heading);
  const isFirst = useRef(true);
  useEffect(() => {
    isFirst.current = false;
  }, []);
  useEffect(() => announce(''), [announce]);
  const ended = status === 'signed-out' ? endedText(account, i18n) : null;
  const notice = noticeOf(account, i18n);
  useAlertAnnouncement({
    text: ended ?? (notice === null ? null : noticeText(notice, Date.now(), i18n)),
    cause: ended ?? notice?.kind ?? null,
    backOnline: i18n.t('backOnline'),
    announce,
  });
  const { sessionId } = tokenStatus;
  const value = useMemo<Console>(
    () => ({
      i18n,
      texts,
      labels,
      language,
      client,
      fleet: fleetOf(client),
      sessionId,
      ownUserId,
      online,
      now: () => Date.now() + serverTimeOffset,
      navigate: onNavigate,
      announce,
      signInAgain,
    }),
    [i18n, texts, labels, language, client, sessionId, ownUserId, online, serverTimeOffset, onNavigate, announce, signInAgain],
  );
  return (
    <ConsoleContext.Provider value={value}>
      <I18nContext.Provider value={i18n}>
        <ServerClock.Provider value={serverTimeOffset}>
          <div ref={root} className="latchkey-page" onFocus={onFocus} onBlur={onBlur}>
            {ended !== null && <p className="latchkey-ended">{ended}</p>}
            {status === 'unknown' && notice !== null && <NoticeBanner notice={notice} onRetry={onRetry} />}
            {status === 'signed-in' && (
              <>
                <ConsoleNavigation view={view} />
                {/* Another view is another page, so that no question or message about the previous one remains. */}
                <div key={pageKey(view)} className="latchkey-console-page">
                  <Page view={view} isFirst={isFirst.current} />
                </div>
              </>
            )}
          </div>
        </ServerClock.Provider>
      </I18nContext.Provider>
    </ConsoleContext.Provider>
  );
}

/** The filters change the list and not the page, so that the focus stays on the filter. */
function pageKey(view: ConsoleView): string {
  return view.page === 'events' ? 'events' : consoleViewToQuery(view);
}

function Page({ view, isFirst }: { readonly view: ConsoleView; readonly isFirst: boolean }): ReactElement {
  switch (view.page) {
    case 'overview':
      return <OverviewPage isFirst={isFirst} />;
    case 'events':
      return <EventsPage filters={view} isFirst={isFirst} />;
    case 'search':
      return <SearchPage q={view.q} isFirst={isFirst} />;
    case 'user':
      return <UserPage userId={view.userId} isFirst={isFirst} />;
    case 'network':
      return <NetworkPage network={view.network} isFirst={isFirst} />;
  }
}
