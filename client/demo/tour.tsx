/** The story of the demo in four steps: sign in, a second browser, a theft, and a sign-out everywhere. */

import { type ReactElement, type ReactNode, useState } from 'react';

import { type Latchkey, sessionsOf } from '../src/index.js';
import type { SecondBrowser } from './second-browser.js';

/** The theft, one line after another. */
const THEFT = [
  'The thief copies the refresh token of the iPhone.',
  'The iPhone refreshes twice. Each refresh token works once.',
  'The thief sends the copy from another machine.',
];

interface TourProps {
  readonly client: Latchkey;
  readonly isSignedIn: boolean;
  /** `null` before the second browser was opened. */
  readonly second: SecondBrowser | null;
  readonly isSecondSignedIn: boolean;
  readonly onOpenSecond: () => Promise<void>;
  readonly signIn: ReactNode;
}

export function Tour({ client, isSignedIn, second, isSecondSignedIn, onOpenSecond, signIn }: TourProps): ReactElement {
  const [theftStep, setTheftStep] = useState(0);
  const [code, setCode] = useState<string | undefined>();
  const [hasEndedAll, setHasEndedAll] = useState(false);
  const isStolen = theftStep === THEFT.length;
  const steal = async (browser: SecondBrowser): Promise<void> => {
    setCode(await browser.stealToken(setTheftStep));
    // Both pages would notice it within ten seconds; this asks at once.
    await Promise.allSettled([sessionsOf(client).list(), sessionsOf(browser.client).list()]);
  };
  const endAll = async (): Promise<void> => {
    await sessionsOf(client).revokeAll();
    setHasEndedAll(true);
    if (second) await sessionsOf(second.client).list().catch(() => undefined);
  };
  return (
    <ol className="tour">
      <Step title="Sign in" isDone={isSignedIn}>
        {isSignedIn ? (
          <p>You are signed in. The list of sessions is a component that your app shows to its users.</p>
        ) : (
          <>
            <p>The identity provider of this demo accepts any name, without a password. Latchkey opens a session for you.</p>
            {signIn}
          </>
        )}
      </Step>
      <Step title="Open a second browser" isDone={isSecondSignedIn || isStolen}>
        {isSecondSignedIn ? (
          <p>Each browser now lists the other one. Try “It wasn’t me”, and the iPhone is signed out at once.</p>
        ) : (
          <p>An iPhone signs in with the same name. It is part of this page, with its own session and address.</p>
        )}
        {isSignedIn && !isSecondSignedIn && (
          <button type="button" onClick={() => void onOpenSecond()}>
            {second === null ? 'Open a second browser' : 'Sign in there again'}
          </button>
        )}
      </Step>
      <Step title="Steal a token" isDone={isStolen}>
        <p>A thief copies a token of the iPhone, for example from a backup or a log, and uses it.</p>
        {isSignedIn && second !== null && isSecondSignedIn && (
          <button type="button" onClick={() => void steal(second)}>
            Steal a token
          </button>
        )}
        <div role="status">
          {theftStep > 0 && <ul>{THEFT.slice(0, theftStep).map((line) => <li key={line}>{line}</li>)}</ul>}
          {code !== undefined && <p>{outcome(code, client)}</p>}
        </div>
      </Step>
      <Step title="End all sessions" isDone={hasEndedAll && !isSignedIn}>
        <p>
          {hasEndedAll && !isSignedIn
            ? 'Every browser is signed out, and every copy of a token is useless. Sign in again to see what was recorded.'
            : 'One click signs you out in all browsers. Access tokens that were valid for another hour are refused at once.'}
        </p>
        {isSignedIn && (
          <button type="button" onClick={() => void endAll()}>
            End all sessions
          </button>
        )}
      </Step>
    </ol>
  );
}

function outcome(code: string, client: Latchkey): string {
  if (code !== 'session_ended') return `Latchkey answered ${code} and did not end the session. This is a bug.`;
  const binding = client.getState().sessions?.find((session) => session.is_current)?.binding;
  const noticed =
    'Latchkey noticed that one token was used in two places. It ended that session for both, because a server cannot distinguish the ' +
    'owner from the thief, and both pages show why.';
  return binding === 'dpop' || binding === 'dbsc'
    ? `${noticed} The session of this browser is bound to a key, so that a copy of its cookie is refused.`
    : noticed;
}

function Step({ title, isDone, children }: { readonly title: string; readonly isDone: boolean; readonly children: ReactNode }): ReactElement {
  return (
    <li data-done={isDone}>
      <h2>
        {title}
        {isDone && <span className="done"> Done</span>}
      </h2>
      {children}
    </li>
  );
}
