/** The component `<SessionMonitoring>`: heading and skeleton. Everything else is loaded on demand. */

import { type ReactElement, useEffect, useRef, useState } from 'react';

import { lazyModule, useLazyModule } from '../hooks/lazy-module.js';
import { useAnnouncement } from '../hooks/use-announcement.js';
import { useAutoRefresh } from '../hooks/use-auto-refresh.js';
import { browserLocale, useLanguage } from '../hooks/use-language.js';
import { type OnSignedOut, useSignedOutCallback } from '../hooks/use-signed-out-callback.js';
import { useTrackedView } from '../hooks/use-tracked-view.js';
import type { Labels, PartialLabels } from '../i18n/labels.js';
import { type LanguageCode, languageOf } from '../i18n/language.js';
import { SHELL_TEXTS } from '../i18n/texts/shell.js';
import { useSessionStore } from '../provider/latchkey-provider.js';
import { LoadError } from './load-error.js';
import { pageOf } from './page-of.js';
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
  /** The language, such as `de` or `en_US`. The default, also for text that is no locale: the browser's. */
  readonly locale?: string | undefined;
  /** The page of your identity provider where users change their password. It is offered after "It wasn't me". */
  readonly passwordUrl?: string | undefined;
  /** Called once for each end of a session; never for a visitor without a session. */
  readonly onSignedOut?: OnSignedOut | undefined;
}

/** A user id that needs nothing of the code that is loaded on demand, because it cannot reorder the heading. */
const PLAIN = /^[\w .@|:+-]+$/;

/** The page in one language. Each one is downloaded only by readers of that language. */
const loadPage = async (load: () => Promise<{ readonly TEXTS: Labels } | undefined>) => {
  const [page, language] = await Promise.all([import('./sessions-page.js'), load()]);
  // A bundler that handles a failed import itself may resolve with nothing.
  return page && language && { SessionsPage: page.SessionsPage, idSafe: page.idSafe, texts: language.TEXTS };
};
const PAGES = {
  en: lazyModule(() => loadPage(() => import('../i18n/texts/en.js'))),
  de: lazyModule(() => loadPage(() => import('../i18n/texts/de.js'))),
} satisfies Record<LanguageCode, unknown>;

/**
 * Loads the code of the page ahead of time, with the texts for the browser's language or for `locale`. It never
 * rejects: if it fails, the component tries again when it is shown.
 *
 * ```tsx
 * <Link to="/security" onPointerEnter={() => void preloadSessionMonitoring()}>Security</Link>
 * ```
 */
export function preloadSessionMonitoring(locale?: string): Promise<void> {
  return PAGES[languageOf(locale, browserLocale(), false).code].load();
}

/**
 * The account page: the sessions of the signed-in user, or of another user for an administrator.
 *
 * ```tsx
 * import '@latchkey/react/styles.css';
 *
 * <SessionMonitoring onSignedOut={(reason) => location.assign(`/login?reason=${reason}`)} />
 * ```
 */
export function SessionMonitoring(props: SessionMonitoringProps): ReactElement {
  // A new user is a new page, so that no question or message about the previous user remains.
  return <Shell key={props.userId ?? ''} {...props} />;
}

function Shell({ userId, labels, locale, passwordUrl, onSignedOut }: SessionMonitoringProps): ReactElement {
  const language = useLanguage(locale, labels !== undefined);
  const texts = SHELL_TEXTS[language.code];
  const text = (key: keyof typeof texts): string => labels?.[key] ?? texts[key];
  const store = useSessionStore(userId);
  const { view, read } = useTrackedView(store);
  useAutoRefresh(store, read);
  useSignedOutCallback(view, onSignedOut);

  const page = pageOf(view);
  const isVisitor = view.status === 'signed-out' && view.endedReason === null;
  const isReachable = view.online && view.connectionError === null;
  // For a user that is signed in, the code is loaded together with the list.
  const isNeeded = !isVisitor && (view.status !== 'unknown' || page === 'unavailable');
  const { module, hasFailed } = useLazyModule(PAGES[language.code], isNeeded, isReachable);
  const [hasRetried, setHasRetried] = useState(false);
  const [announcement, announce] = useAnnouncement();
  const heading = useRef<HTMLHeadingElement>(null);
  const showsLoadError = isNeeded && hasFailed && module === null;
  const alert = showsLoadError ? text('loadFailed') : isVisitor ? text('notSignedIn') : null;
  const announced = useRef<string | null>(null);
  useEffect(() => {
    // A page that has just been loaded announces what it shows.
    if (alert !== announced.current && (alert !== null || module === null)) announce(alert ?? '');
    announced.current = alert;
  }, [announce, alert, module]);

  const retryLoad = (): void => {
    setHasRetried(true);
    heading.current?.focus();
    void PAGES[language.code].load();
  };
  const user = view.userId === null ? null : (module?.idSafe(language, view.userId) ?? (PLAIN.test(view.userId) ? view.userId : '…'));
  const title = user === null ? text('title') : text('titleOf').replace('{user}', () => user);
  const isWaiting = !showsLoadError && !isVisitor && (page === 'loading' || module === null);
  return (
    <section className="latchkey" aria-label={title} aria-busy={isWaiting} lang={language.locale} dir={language.direction}>
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {showsLoadError && <LoadError text={text} hasRetried={hasRetried} onRetry={retryLoad} />}
      {isWaiting && <Skeleton text={text('loading')} />}
      {isVisitor && <p className="latchkey-ended">{text('notSignedIn')}</p>}
      {!isVisitor && page !== 'loading' && module !== null && (
        <module.SessionsPage
          {...{ store, view, labels, language, passwordUrl, announce, heading }}
          texts={module.texts}
          isOfNamedUser={userId !== undefined}
        />
      )}
      <div className="latchkey-sr-only" role="status">
        <p key={announcement.number}>{announcement.text}</p>
      </div>
    </section>
  );
}
