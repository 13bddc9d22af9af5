/** The demo: sign in with the local server's identity provider, and see the dashboard that an app would show. */

import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { createLatchkey, LatchkeyError, LatchkeyProvider, SessionMonitoring, sessionsOf } from '../src/index.js';
import { post, stealAndUse } from './dev-controls.js';

const latchkey = createLatchkey();

interface SignInProps {
  readonly problem: string;
  readonly setProblem: (problem: string) => void;
  readonly onName: (name: string) => void;
}

function SignIn({ problem, setProblem, onName }: SignInProps): ReactElement {
  const [name, setName] = useState('alice');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setProblem('');
    try {
      const { assertion } = await post<{ assertion: string }>('/dev/assertion', { sub: name });
      await latchkey.signIn(assertion);
      onName(name);
    } catch (error) {
      setProblem(error instanceof LatchkeyError ? error.message : 'The local identity provider did not respond.');
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        Your name
        <input value={name} onChange={(event) => setName(event.target.value)} required maxLength={128} />
      </label>
      <button type="submit">Sign in</button>
      {problem !== '' && <p role="alert">{problem}</p>}
    </form>
  );
}

function TryIt({ name }: { readonly name: string }): ReactElement {
  const [result, setResult] = useState('');
  const steal = async (): Promise<void> => {
    setResult('A thief copied a refresh token of a second session …');
    // The list shows the second session while it is there.
    const isEnded = await stealAndUse(name, () => sessionsOf(latchkey).list());
    setResult(
      isEnded
        ? 'The thief sent a refresh token that had been used already. Latchkey ended that session, and the list of recent activity shows it.'
        : 'Latchkey accepted the stolen token. This is a bug.',
    );
    await sessionsOf(latchkey).list();
  };
  return (
    <section className="try-it" aria-labelledby="try-it">
      <h2 id="try-it">Try it (only in this demo)</h2>
      <div className="controls">
        <button type="button" onClick={() => void steal()}>
          Use a stolen token
        </button>
        <button type="button" onClick={() => void post('/dev/clock', { advance_seconds: 3600 })}>
          Move the server’s clock an hour ahead
        </button>
      </div>
      <p role="status">{result}</p>
      <p>
        Or open this address in another browser or in a private window, and sign in with the same name. The new session appears here within ten
        seconds. Sign it out from here.
      </p>
    </section>
  );
}

function Page(): ReactElement {
  const [name, setName] = useState('alice');
  // The problem is kept here, because the form disappears for a moment if the browser drops the cookies of a sign-in.
  const [problem, setProblem] = useState('');
  const { status } = useSyncExternalStore(latchkey.subscribe, latchkey.getState);
  const heading = useRef<HTMLHeadingElement>(null);
  // The form or button that had the focus is gone, so the heading gets the focus, unless the dashboard has taken it.
  const before = useRef(status);
  useEffect(() => {
    const isFirst = before.current === 'unknown';
    before.current = status;
    const soon = requestAnimationFrame(() => {
      if (!isFirst && document.activeElement === document.body) heading.current?.focus();
    });
    return () => cancelAnimationFrame(soon);
  }, [status]);
  return (
    <main>
      <header>
        <h1 ref={heading} tabIndex={-1}>
          Latchkey on this machine
        </h1>
        {status === 'signed-in' && (
          <button type="button" onClick={() => void latchkey.signOut()}>
            Sign out here
          </button>
        )}
      </header>
      <SessionMonitoring />
      {status === 'signed-out' && <SignIn problem={problem} setProblem={setProblem} onName={setName} />}
      {status === 'signed-in' && <TryIt name={name} />}
    </main>
  );
}

const place = document.getElementById('page');
if (place) {
  createRoot(place).render(
    <LatchkeyProvider client={latchkey}>
      <Page />
    </LatchkeyProvider>,
  );
}
