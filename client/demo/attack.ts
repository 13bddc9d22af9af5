/** An attack for the security console: honest sign-ins, sign-ins with a list of stolen passwords, and a stolen token. */

import { assertionFor, from, post } from './dev-controls.js';

interface Tokens {
  readonly refresh_token: string;
}

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

const HONEST = ['ada', 'bela', 'chen', 'dora', 'emre', 'fatou'];
const VICTIMS = ['gita', 'hugo', 'ines', 'jana', 'kofi', 'lena', 'milo', 'nora', 'omar', 'pia', 'quinn', 'rosa'];

/** Networks that are reserved for documentation. */
const honestAddress = (n: number): string => `198.51.100.${10 + n}`;
const thiefAddress = (n: number): string => `203.0.113.${60 + n}`;

async function signIn(name: string, address: string, userAgent: string): Promise<Tokens> {
  const assertion = await assertionFor(name);
  return post('/api/auth/login', { assertion, delivery: 'body' }, { credentials: 'omit', headers: from(address, userAgent) });
}

const refresh = (tokens: Tokens, address: string, userAgent: string): Promise<Tokens> =>
  post('/api/auth/refresh', { refresh_token: tokens.refresh_token }, { credentials: 'omit', headers: from(address, userAgent) });

/** `onStep` gets what has just happened. */
export async function playAttack(onStep: (text: string) => void): Promise<void> {
  const sessions: Tokens[] = [];
  for (const [n, name] of HONEST.entries()) {
    sessions.push(await signIn(name, honestAddress(n), n % 2 === 0 ? CHROME : FIREFOX));
    onStep(`${name} signed in.`);
  }
  for (const [n, name] of VICTIMS.entries()) {
    await signIn(name, thiefAddress(n % 4), 'curl/8.9.1');
    onStep(`The thief signed in as ${name}.`);
  }
  const [stolen] = sessions;
  if (stolen !== undefined) {
    const next = await refresh(stolen, honestAddress(0), CHROME);
    await refresh(next, honestAddress(0), CHROME);
    await refresh(stolen, thiefAddress(0), 'curl/8.9.1');
  }
  onStep('Done: twelve users of one network were taken over, and a token of ada was stolen. Search for 203.0.113.60. The numbers follow within a minute.');
}
