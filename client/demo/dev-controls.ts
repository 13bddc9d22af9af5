/** Calls that exist only on the local server, for the demo. */

export async function post<T>(path: string, body: object, more: RequestInit = {}): Promise<T> {
  const headers = { 'content-type': 'application/json', ...more.headers };
  const response = await fetch(path, { ...more, method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

/** An assertion of the local identity provider, which accepts every name and grants every scope. */
export async function assertionFor(sub: string, scope?: string): Promise<string> {
  return (await post<{ assertion: string }>('/dev/assertion', { sub, ...(scope !== undefined && { scope }) })).assertion;
}

/** The server's clock, and how far it is ahead of this machine's. */
export interface ServerClock {
  readonly now: string;
  readonly offset_seconds: number;
}

export const moveClock = (seconds: number): Promise<ServerClock> => post('/dev/clock', { advance_seconds: seconds });

/** Makes the next calls to the database fail, and returns how many are left to fail. */
export async function addFault(fault: { kind?: string; count: number }): Promise<number> {
  return (await post<{ pending: number }>('/dev/fault', fault)).pending;
}

/** Headers with which the local server takes a request for one of another machine. */
export const from = (ip: string, userAgent: string): Record<string, string> => ({ 'x-dev-source-ip': ip, 'x-dev-user-agent': userAgent });
