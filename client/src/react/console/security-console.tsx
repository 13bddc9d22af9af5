/** The component `<SecurityConsole>`: heading and skeleton. Everything else is loaded on demand. */

import { type ReactElement, useEffect, useRef, useState } from 'react';

import { LoadError } from '../dashboard/load-error.js';
import { Skeleton } from '../dashboard/skeleton.js';
import { lazyModule, useLazyModule } from '../hooks/lazy-module.js';
import { useAnnouncement } from '../hooks/use-announcement.js';
import { browserLocale, useLanguage } from '../hooks/use-language.js';
import { useTrackedView } from '../hooks/use-tracked-view.js';
import type { Labels } from '../i18n/labels.js';
import { type LanguageCode, languageOf } from '../i18n/language.js';
import { SHELL_TEXTS } from '../i18n/texts/shell.js';
import { useSessionStore } from '../provider/latchkey-provider.js';
import type { ConsoleLabels, PartialConsoleLabels } from './console-labels.js';
import { type ConsoleView, OVERVIEW } from './state/console-view.js';
import { CONSOLE_SHELL_TEXTS } from './texts/shell.js';
import { useClient } from './use-client.js';

/** The props of `<SecurityConsole>`. */
export interface SecurityConsoleProps {
  /** The page that is shown, if the app keeps it, for example in its address. By default the console keeps it itself. */
  readonly view?: ConsoleView | undefined;
  /** Called when the administrator opens another page. */
  readonly onViewChange?: ((view: ConsoleView) => void) | undefined;
  /**
   * Signs the administrator in again, for actions that need a sign-in of the last 15 minutes. Without it, the console only
   * explains what is missing.
   */
  readonly onSignInAgain?: (() => Promise<void> | void) | undefined;
  /** Your own texts. Create the object outside of your component, so that it is the same in every render. */
  readonly labels?: PartialConsoleLabels | undefined;
  /** The language, such as `de` or `en_US`. The default, also for text that is no locale: the browser's. */
  readonly locale?: string | undefined;
}

type Texts<T> = Promise<{ readonly TEXTS: T } | undefined>;

/** The console in one language. Each one is downloaded only by readers of that language. */
const loadConsole = async (load: () => readonly [Texts<Labels>, Texts<ConsoleLabels>]) => {
  const [account, own] = load();
  const [page, accountTexts, ownTexts] = await Promise.all([import('./console-page.js'), account, own]);
  // A bundler that handles a failed import itself may resolve with nothing.
  return page && accountTexts && ownTexts && { ConsolePage: page.ConsolePage, texts: { ...accountTexts.TEXTS, ...ownTexts.TEXTS } };
};
const CONSOLES = {
  en: lazyModule(() => loadConsole(() => [import('../i18n/texts/en.js'), import('./texts/en.js')])),
  de: lazyModule(() => loadConsole(() => [import('../i18n/texts/de.js'), import('./texts/de.js')])),
} satisfies Record<LanguageCode, unknown>;

/** Loads the code of the console ahead of time, with the texts for the browser's language or for `locale`. It never rejects. */
export function preloadSecurityConsole(locale?: string): Promise<void> {
  return CONSOLES[languageOf(locale, browserLocale(), false).code].load();
}

/**
 * The security console for administrators: numbers, events, search, and what ends sessions. The server checks the scope
 * `latchkey:admin` of each call.
 *
 * ```tsx
 * import '@latchkey/react/styles.css';
 * import '@latchkey/react/console.css';
 *
 * <SecurityConsole onSignInAgain={() => signInWithRedirect({ prompt: 'login' })} />
 * ```
 */
export function SecurityConsole({ view: ownView, onViewChange, onSignInAgain, labels, locale }: SecurityConsoleProps): ReactElement {
  const language = useLanguage(locale, labels !== undefined);
  const texts = { ...SHELL_TEXTS[language.code], ...CONSOLE_SHELL_TEXTS[language.code] };
  const text = (key: keyof typeof texts): string => labels?.[key] ?? texts[key];
  const client = useClient();
  const store = useSessionStore();
  const { view: account } = useTrackedView(store);
  const [keptView, setKeptView] = useState<ConsoleView>(OVERVIEW);
  const latest = useRef({ onViewChange });
  latest.current = { onViewChange };
  // The same function in every render, because all parts of the console receive it.
  const [navigate] = useState(() => (view: ConsoleView): void => {
    setKeptView(view);
    latest.current.onViewChange?.(view);
  });

  const { status, endedReason, online, connectionError } = account;
  const isVisitor = status === 'signed-out' && endedReason === null;
  const isReachable = online && connectionError === null;
  // Without an answer of the server the console explains why.
  const isNeeded = !isVisitor && (status !== 'unknown' || !isReachable);
  const { module, hasFailed } = useLazyModule(CONSOLES[language.code], isNeeded, isReachable);
  const [hasRetried, setHasRetried] = useState(false);
  const [announcement, announce] = useAnnouncement();
  const heading = useRef<HTMLHeadingElement>(null);
  const showsLoadError = isNeeded && hasFailed && module === null;
  const alert = showsLoadError ? text('loadFailed') : isVisitor ? text('notSignedIn') : null;
  useEffect(() => {
    if (alert !== null) announce(alert);
  }, [announce, alert]);

  const retryLoad = (): void => {
    setHasRetried(true);
    heading.current?.focus();
    void CONSOLES[language.code].load();
  };
  const isWaiting = (status === 'unknown' && isReachable) || (isNeeded && module === null && !showsLoadError);
  return (
    <section className="latchkey latchkey-console" aria-label={text('console.title')} aria-busy={isWaiting} lang={language.locale} dir={language.direction}>
      <h2 ref={heading} tabIndex={-1}>
        {text('console.title')}
      </h2>
      {showsLoadError && <LoadError text={text} hasRetried={hasRetried} onRetry={retryLoad} />}
      {isWaiting && <Skeleton text={text('console.loading')} />}
      {isVisitor && <p className="latchkey-ended">{text('notSignedIn')}</p>}
      {isNeeded && module !== null && client !== null && (
        <module.ConsolePage
          {...{ client, account, labels, language, announce, heading }}
          texts={module.texts}
          view={ownView ?? keptView}
          onNavigate={navigate}
          signInAgain={onSignInAgain ?? null}
          onRetry={() => void store?.actions.refreshSessions()}
        />
      )}
      <div className="latchkey-sr-only" role="status">
        <p key={announcement.number}>{announcement.text}</p>
      </div>
    </section>
  );
}
