/** The page below the heading: notices, the end of the session, the sessions. It is loaded on demand. */

import { type ReactElement, type RefObject, useEffect, useMemo, useRef } from 'react';

import { useAlertAnnouncement } from '../hooks/use-alert-announcement.js';
import { useFocusRestore } from '../hooks/use-focus-restore.js';
import { I18nContext } from '../i18n/i18n-context.js';
import { createI18n } from '../i18n/i18n.js';
import type { PartialLabels } from '../i18n/labels.js';
import type { Language } from '../i18n/language.js';
import { ServerClock } from '../i18n/server-clock.js';
import type { SessionStore } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';
import { NoticeBanner } from './notice-banner.js';
import { pageOf } from './page-of.js';
import { endedText, noticeOf, noticeText } from './page-state.js';
import { SessionsContent } from './sessions-content.js';

export { idSafe } from '../i18n/i18n.js';

interface SessionsPageProps {
  /** The app has named a user, who may be another one than the signed-in user. */
  readonly isOfNamedUser: boolean;
  readonly store: SessionStore | null;
  readonly view: SessionView;
  /** Our texts in the language. */
  readonly texts: PartialLabels;
  /** The app's own texts. */
  readonly labels: PartialLabels | undefined;
  readonly language: Language;
  readonly passwordUrl: string | undefined;
  /** Announces a text to screen readers. */
  readonly announce: (text: string) => void;
  /** Gets the focus if there is no better place. */
  readonly heading: RefObject<HTMLElement | null>;
}

export function SessionsPage({ isOfNamedUser, store, view, texts, labels, language, passwordUrl, announce, heading }: SessionsPageProps): ReactElement {
  const i18n = useMemo(() => createI18n(texts, labels, language), [texts, labels, language]);
  const root = useRef<HTMLDivElement>(null);
  const { onFocus, onBlur, returnTo } = useFocusRestore(root, heading);
  const page = pageOf(view);
  const notice = noticeOf(view, i18n);
  const ended = page === 'ended' ? endedText(view, i18n) : null;
  // Empties the live region, so that a screen reader does not find an error of the loading that is over.
  useEffect(() => announce(''), [announce]);
  useAlertAnnouncement({
    text: ended ?? (notice === null ? null : noticeText(notice, Date.now(), i18n)),
    cause: ended ?? notice?.kind ?? null,
    backOnline: i18n.t('backOnline'),
    announce,
  });
  // Without a list, the user must still be able to sign out, which no limit refuses. A named user may be another one until a list
  // shows whose page it is: until then the one sign-out names this device, because those of all sessions could end the wrong ones.
  const isUnseen = page === 'unavailable' && view.status === 'signed-in';
  const isOfUnknown = isOfNamedUser && view.userId === null;
  const canEndUnseen = !isOfUnknown && (view.userId === null || view.connectionError?.code === 'rate_limited');
  return (
    <I18nContext.Provider value={i18n}>
      <ServerClock.Provider value={view.serverTimeOffset}>
        <div ref={root} className="latchkey-page" onFocus={onFocus} onBlur={onBlur}>
          {notice !== null && <NoticeBanner notice={notice} onRetry={() => void store?.actions.refreshSessions()} />}
          {ended !== null && <p className="latchkey-ended">{ended}</p>}
          {(page === 'sessions' || (isUnseen && canEndUnseen)) && (
            <SessionsContent {...{ store, view, passwordUrl, announce, returnTo }} isLive={notice === null} />
          )}
          {isUnseen && isOfUnknown && (
            <p className="latchkey-everywhere" data-latchkey-item="here">
              <button type="button" className="latchkey-danger" onClick={() => void store?.actions.signOut()}>
                {i18n.t('signOutHere')}
              </button>
            </p>
          )}
        </div>
      </ServerClock.Provider>
    </I18nContext.Provider>
  );
}
