/** Calls that exist only on the local server, for the demo. */

export async function post<T>(path: string, body: object, more: RequestInit = {}): Promise<T> {
  const headers = { 'content-type': 'application/json', ...more.headers };
  const response = await fetch(path, { ...more, method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

interface TokenResponse {
  readonly refresh_token: string;
  readonly code?: string;
}

/** An address of a network that is reserved for documentation. */
const THIEF = '203.0.113.66';

/**
 * Signs `sub` in again without cookies, so that this is a session of its own. A thief copies its first refresh token,
 * the owner refreshes twice, and then the thief sends the copy. Calls `onSignedIn` after the sign-in, and returns
 * whether the server ended the session.
 */
export async function stealAndUse(sub: string, onSignedIn: () => Promise<unknown>): Promise<boolean> {
  const { assertion } = await post<{ assertion: string }>('/dev/assertion', { sub });
  const withoutCookies: RequestInit = { credentials: 'omit' };
  const stolen = await post<TokenResponse>('/api/auth/login', { assertion, delivery: 'body' }, withoutCookies);
  await onSignedIn();
  const refresh = ({ refresh_token }: TokenResponse, more = withoutCookies): Promise<TokenResponse> =>
    post('/api/auth/refresh', { refresh_token }, more);
  await refresh(await refresh(stolen));
  const response = await refresh(stolen, { ...withoutCookies, headers: { 'x-dev-source-ip': THIEF } });
  return response.code === 'session_ended';
}
