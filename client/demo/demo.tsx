/** The demo: a story in four steps beside the account pages of two browsers of one user. */

import { type ReactElement, type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';

import { createLatchkey, type Latchkey, LatchkeyProvider, SessionMonitoring, sessionsOf } from '../src/index.js';
import { Playground } from './playground.js';
import { openSecondBrowser, type SecondBrowser } from './second-browser.js';
import { SignIn } from './sign-in.js';
import { Tour } from './tour.js';

const latchkey = createLatchkey();

function useStatus(client: Latchkey): string {
  return useSyncExternalStore(client.subscribe, () => client.getState().status);
}

/** A name of its own, because two parts of a page with one name cannot be distinguished by a screen reader. */
const SECOND_LABELS = { title: 'The same user on an iPhone' };

const neverChanges = (): (() => void) => () => {};

function Page(): ReactElement {
  const [problem, setProblem] = useState('');
  const [second, setSecond] = useState<SecondBrowser | null>(null);
  const status = useStatus(latchkey);
  const secondStatus = useSyncExternalStore(second?.client.subscribe ?? neverChanges, () => second?.client.getState().status);
  const heading = useRef<HTMLHeadingElement>(null);
  useHeadingFocus(status, heading);
  const openSecond = async (): Promise<void> => {
    const browser = second ?? openSecondBrowser();
    await browser.signIn(latchkey.getState().userId ?? 'alice');
    setSecond(browser);
    // The list would show it within ten seconds; this asks at once.
    await sessionsOf(latchkey).list().catch(() => undefined);
  };
  return (
    <main data-browsers={second === null ? 1 : 2}>
      <header>
        <h1 ref={heading} tabIndex={-1}>
          Latchkey on this machine
        </h1>
        {status === 'signed-in' && (
          <button type="button" onClick={() => void latchkey.signOut()}>
            Sign out here
          </button>
        )}
        <a href="/console">Security console for administrators</a>
        <p>
          Your identity provider checks the password. Latchkey keeps the user signed in, shows where, notices stolen tokens, and ends
          sessions at once.
        </p>
      </header>
      {/* The form needs the first answer of the server, because the user may be signed in. */}
      <Tour
        client={latchkey}
        isSignedIn={status === 'signed-in'}
        second={second}
        isSecondSignedIn={secondStatus === 'signed-in'}
        onOpenSecond={openSecond}
        signIn={status === 'signed-out' && <SignIn client={latchkey} problem={problem} setProblem={setProblem} />}
      />
      {second !== null && <Window kind="second" title="Second browser: an iPhone" client={second.client} />}
      <Window kind="own" title="This browser" client={latchkey} />
      <Playground />
    </main>
  );
}

interface WindowProps {
  readonly kind: 'own' | 'second';
  readonly title: string;
  readonly client: Latchkey;
}

function Window({ kind, title, client }: WindowProps): ReactNode {
  return (
    <div className={`window ${kind}`} role="group" aria-label={title}>
      <p className="bar">{title}</p>
      <LatchkeyProvider client={client}>
        <SessionMonitoring labels={kind === 'second' ? SECOND_LABELS : undefined} />
      </LatchkeyProvider>
    </div>
  );
}

/** After a sign-in or a sign-out the form or button with the focus is gone, so the heading gets it, unless the dashboard has taken it. */
function useHeadingFocus(status: string, heading: { readonly current: HTMLElement | null }): void {
  const before = useRef(status);
  useEffect(() => {
    const isFirst = before.current === 'unknown';
    before.current = status;
    const soon = requestAnimationFrame(() => {
      if (!isFirst && document.activeElement === document.body) heading.current?.focus();
    });
    return () => cancelAnimationFrame(soon);
  }, [status, heading]);
}

const place = document.getElementById('page');
if (place) createRoot(place).render(<Page />);
