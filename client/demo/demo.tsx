/** The demo: sign in by the stand-in identity provider, and see the dashboard that any app would show. */

import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { createLatchkey, LatchkeyError, LatchkeyProvider, SessionMonitoring, sessionsOf } from '../src/index.js';
import { post, stealAndUse } from './levers.js';

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
      setProblem(error instanceof LatchkeyError ? error.message : 'The stand-in identity provider did not answer.');
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

function Levers({ name }: { readonly name: string }): ReactElement {
  const [told, setTold] = useState('');
  const steal = async (): Promise<void> => {
    setTold('A second sign-in was opened, and its refresh token copied by a thief …');
    // The second sign-in is seen to come, and to go.
    setTold(await stealAndUse(name, () => sessionsOf(latchkey).list()));
    await sessionsOf(latchkey).list();
  };
  return (
    <details>
      <summary>Try it: only in this demo</summary>
      <p>
        Open another browser or a private window on this address and sign in with the same name. It appears here within ten seconds; sign it out
        from here.
      </p>
      <div className="levers">
        <button type="button" onClick={() => void steal()}>
          Play the story of a stolen token
        </button>
        <button type="button" onClick={() => void post('/dev/clock', { advance_seconds: 3600 })}>
          Move the server an hour ahead
        </button>
      </div>
      <p role="status">{told}</p>
    </details>
  );
}

function Page(): ReactElement {
  const [name, setName] = useState('alice');
  // Kept here: a sign-in that the browser does not keep takes the form away for a moment.
  const [problem, setProblem] = useState('');
  const { status } = useSyncExternalStore(latchkey.subscribe, latchkey.getState);
  const heading = useRef<HTMLHeadingElement>(null);
  // The form or the button that was just used has left, and the focus with it; the dashboard looks after its own first.
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
      {status === 'signed-in' && <Levers name={name} />}
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
