/** The dashboard as an app mounts it: the sessions are asked for at once, and the page for them comes on demand. */

import { type ReactElement, useEffect, useRef, useSyncExternalStore } from 'react';

import type { EndReason } from '../core/types.js';
import { type FirstLabels, FIRST_ENGLISH } from './first-labels.js';
import type { PartialLabels } from './labels.js';
import { useSessionStore } from './latchkey-provider.js';
import { onDemand } from './on-demand.js';
import { SkeletonRows } from './skeleton-rows.js';
import { useTrackedView } from './tracked-view.js';

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

const page = onDemand(() => import('./dashboard.js'));
const NOT_LOADED = page.get();

/** Loads the dashboard's page ahead, as when a pointer rests on the link to it; a failure is tried again when it is shown. */
export const preloadSessionMonitoring: () => Promise<void> = page.load;

/** The dashboard of the person who is signed in, or of another one for an administrator. */
export function SessionMonitoring({ userId, labels, locale, onSignedOut }: SessionMonitoringProps): ReactElement {
  const store = useSessionStore(userId);
  const { view } = useTrackedView(store);
  const { status, endedReason, online } = view;
  const { part, hasFailed } = useSyncExternalStore(page.subscribe, page.get, () => NOT_LOADED);
  // Again when the network is back: what has come is not asked for twice.
  useEffect(() => void page.load(), [online]);
  useEffect(() => store?.watchSessions(), [store]);

  const latest = useRef({ onSignedOut, endedReason });
  latest.current = { onSignedOut, endedReason };
  const told = useRef(false);
  useEffect(() => {
    const isOver = status === 'signed-out';
    if (isOver && !told.current) latest.current.onSignedOut?.(latest.current.endedReason);
    told.current = isOver;
  }, [status]);

  // What was asked and answered about one user is nothing about the next.
  if (part !== null) return <part.Dashboard key={userId ?? ''} store={store} labels={labels} locale={locale} />;
  return <Beginning texts={{ ...FIRST_ENGLISH, ...labels }} hasFailed={hasFailed} lang={labels === undefined ? 'en' : locale} />;
}

interface BeginningProps {
  readonly texts: FirstLabels;
  readonly hasFailed: boolean;
  readonly lang: string | undefined;
}

/** What stands there until the page has come: its heading, and rows of the right height or why there are none. */
function Beginning({ texts, hasFailed, lang }: BeginningProps): ReactElement {
  return (
    <section className="latchkey" aria-label={texts.title} aria-busy={!hasFailed} lang={lang}>
      <header className="latchkey-head">
        <h2>{texts.title}</h2>
      </header>
      {hasFailed ? (
        <p className="latchkey-notice" role="alert">
          <span>{texts.unreachable(null)}</span>{' '}
          <button type="button" onClick={() => void page.load()}>
            {texts.tryNow}
          </button>
        </p>
      ) : (
        <SkeletonRows text={texts.loading} />
      )}
    </section>
  );
}
