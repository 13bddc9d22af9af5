/** What only the laptop's server offers. */

export async function post<T>(path: string, body: object, more: RequestInit = {}): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body), ...more });
  return (await response.json()) as T;
}

interface Answer {
  readonly refresh_token: string;
  readonly code?: string;
}

/**
 * A sign-in as an app without cookies makes it, whose refresh token is copied, and used twice by its owner before
 * the thief comes. The cookies of this page are left out, so it is a session of its own; `opened` is called once it
 * is there.
 */
export async function stealAndUse(sub: string, opened: () => Promise<unknown>): Promise<string> {
  const apart: RequestInit = { credentials: 'omit' };
  const { assertion } = await post<{ assertion: string }>('/dev/assertion', { sub });
  const first = await post<Answer>('/api/auth/login', { assertion, delivery: 'body' }, apart);
  await opened();
  const use = (refresh_token: string): Promise<Answer> => post('/api/auth/refresh', { refresh_token }, apart);
  const second = await use(first.refresh_token);
  await use(second.refresh_token);
  const thief = await use(first.refresh_token);
  return thief.code === 'session_ended'
    ? 'The thief used the old token. That session was ended for everybody, and the trail above says so.'
    : 'The old token was taken: this should not happen.';
}
