/** The security console of the local server: a sign-in as an administrator, and an attack to look at. */

import { type FormEvent, type ReactElement, useEffect, useState, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';

import { type ConsoleView, consoleViewFromQuery, consoleViewToQuery, SecurityConsole } from '../src/console.js';
import { createLatchkey, LatchkeyError, LatchkeyProvider } from '../src/index.js';
import { playAttack } from './attack.js';
import { assertionFor } from './dev-controls.js';

const latchkey = createLatchkey();

/** The name of the administrator, so that signing in again asks for nothing. */
const NAME = 'latchkey-demo:administrator';

async function signIn(name: string): Promise<void> {
  await latchkey.signIn(await assertionFor(name, 'latchkey:admin'));
  sessionStorage.setItem(NAME, name);
}

const signInAgain = (): Promise<void> => signIn(sessionStorage.getItem(NAME) ?? 'root');

/** The address names the page of the console, so that the browser's buttons and bookmarks work. */
const viewOfAddress = (): ConsoleView => consoleViewFromQuery(location.hash);

function Page(): ReactElement {
  const status = useSyncExternalStore(latchkey.subscribe, () => latchkey.getState().status);
  const [view, setView] = useState(viewOfAddress);
  useEffect(() => {
    const follow = (): void => setView(viewOfAddress());
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const open = (next: ConsoleView): void => {
    history.pushState(null, '', `#${consoleViewToQuery(next)}`);
    setView(next);
  };
  return (
    <main className="console">
      <header>
        <h1>Latchkey on this machine</h1>
        <a href="/">The page for users</a>
        {status === 'signed-in' && (
          <button type="button" onClick={() => void latchkey.signOut()}>
            Sign out here
          </button>
        )}
      </header>
      <SignIn isSignedIn={status === 'signed-in'} />
      {status === 'signed-in' && <Attack />}
      <div className="window">
        <LatchkeyProvider client={latchkey}>
          <SecurityConsole view={view} onViewChange={open} onSignInAgain={signInAgain} />
        </LatchkeyProvider>
      </div>
    </main>
  );
}

/** The local identity provider grants every scope that it is asked for. */
function SignIn({ isSignedIn }: { readonly isSignedIn: boolean }): ReactElement {
  const [name, setName] = useState('root');
  const [problem, setProblem] = useState('');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setProblem('');
    try {
      await signIn(name);
    } catch (error) {
      setProblem(error instanceof LatchkeyError ? error.message : 'The local identity provider did not respond.');
    }
  };
  return (
    <section className="playground" aria-labelledby="administrator">
      <h2 id="administrator">{isSignedIn ? 'Sign in as another administrator' : 'Sign in as an administrator'}</h2>
      <p>
        Your identity provider decides which users have the scope <code>latchkey:admin</code>. The one of this demo gives it to any name,
        without a password.
      </p>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          Administrator’s name
          <input value={name} onChange={(event) => setName(event.target.value)} required maxLength={128} />
        </label>
        <button type="submit">Sign in as administrator</button>
        {problem !== '' && <p role="alert">{problem}</p>}
      </form>
    </section>
  );
}

function Attack(): ReactElement {
  const [step, setStep] = useState('');
  const [isRunning, setIsRunning] = useState(false);
  const play = async (): Promise<void> => {
    setIsRunning(true);
    await playAttack(setStep).catch(() => setStep('The local server did not respond.'));
    setIsRunning(false);
  };
  return (
    <section className="playground" aria-labelledby="attack">
      <h2 id="attack">Play an attack</h2>
      <p>
        Six users sign in. Then a thief with a list of passwords signs in as twelve others from one network, and a stolen token is used.
        Find the network in the console, and end its sessions.
      </p>
      <div className="controls">
        <button type="button" disabled={isRunning} onClick={() => void play()}>
          Play an attack
        </button>
        <span role="status">{step}</span>
      </div>
    </section>
  );
}

const place = document.getElementById('page');
if (place) createRoot(place).render(<Page />);
