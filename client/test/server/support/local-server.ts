/** The real server: latchkey-local on a free loopback port, with everything in memory. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BINARY = process.env['LATCHKEY_LOCAL'] ?? join(fileURLToPath(import.meta.url), '../../../../../target/debug/latchkey-local');

/** The audience of its tokens. */
export const LOCAL_AUDIENCE = 'latchkey-local';

export interface SignIn {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly sessionId: string;
}

export interface LocalServer {
  readonly port: number;
  /** Its issuer, which is also the URL of its API. */
  readonly issuer: string;
  /** The names of its cookies. */
  readonly cookies: { readonly access: string; readonly refresh: string };
  /** `proof` is the value of a header `DPoP`. */
  signIn(sub: string, scope?: string, proof?: string): Promise<SignIn>;
  /** Signs in as a browser does, and returns the `Cookie` header. */
  signInWithCookies(sub: string): Promise<string>;
  /** A POST with JSON, which must succeed. */
  post(path: string, body: object, accessToken?: string): Promise<Record<string, unknown>>;
  advanceClock(seconds: number): Promise<void>;
  /** Lets the next `count` calls of the store fail; 0 ends that. */
  failStore(count: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startLocalServer(env: Record<string, string> = {}): Promise<LocalServer> {
  if (!existsSync(BINARY)) throw new Error('latchkey-local is missing: run `cargo build -p latchkey-local`, or set LATCHKEY_LOCAL');
  const child = spawn(BINARY, ['--port', '0', '--memory'], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`latchkey-local stopped with ${code} before it listened`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const [, found] = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
  });
  const origin = `http://127.0.0.1:${port}`;

  const request = async (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> => {
    const response = await fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response;
  };
  const post: LocalServer['post'] = async (path, body, accessToken) => {
    const response = await request(path, body, accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` });
    return (await response.json()) as Record<string, unknown>;
  };
  const assertion = async (sub: string, scope?: string): Promise<string> =>
    String((await post('/dev/assertion', { sub, ...(scope !== undefined && { scope }) }))['assertion']);

  return {
    port,
    issuer: `${origin}/api/auth`,
    cookies: { access: `latchkey_${port}_access`, refresh: `latchkey_${port}_refresh` },
    post,
    async signIn(sub, scope, proof) {
      const login = { assertion: await assertion(sub, scope), delivery: 'body' };
      const response = await request('/api/auth/login', login, proof === undefined ? {} : { dpop: proof });
      const body = (await response.json()) as Record<string, unknown>;
      return {
        accessToken: String(body['access_token']),
        refreshToken: String(body['refresh_token']),
        sessionId: String(body['session_id']),
      };
    },
    async signInWithCookies(sub) {
      const response = await request('/api/auth/login', { assertion: await assertion(sub) });
      return response.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
    },
    async advanceClock(seconds) {
      await post('/dev/clock', { advance_seconds: seconds });
    },
    async failStore(count) {
      await post('/dev/fault', { kind: 'error_500', count });
    },
    async stop() {
      process.removeListener('exit', killWithUs);
      child.kill('SIGTERM');
      await exited;
    },
  };
}
