/** The form that signs in with the local identity provider, which accepts every name. */

import { type FormEvent, type ReactElement, useState } from 'react';

import { type Latchkey, LatchkeyError } from '../src/index.js';
import { assertionFor } from './dev-controls.js';

interface SignInProps {
  readonly client: Latchkey;
  /** Kept by the page, because the form disappears for a moment if the browser drops the cookies of a sign-in. */
  readonly problem: string;
  readonly setProblem: (problem: string) => void;
}

export function SignIn({ client, problem, setProblem }: SignInProps): ReactElement {
  const [name, setName] = useState('alice');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setProblem('');
    try {
      await client.signIn(await assertionFor(name));
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
