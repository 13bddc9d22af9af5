/** An API that follows `openapi.yaml`, with the cookies of one browser, and with faults on demand. */

import type { Fetch } from '../../../src/core/transport/transport.js';
import { FakeDpop } from './fake-dpop.js';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown> | null;
  readonly init: RequestInit;
}

type Fault = (signal: AbortSignal | null) => Response | Promise<Response>;

export const ORIGIN = 'https://app.example.com';
export const BASE = `${ORIGIN}/api/auth`;

export function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

export function problem(status: number, code: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Response {
  const body = { type: `https://latchkey.dev/problems/${code.replaceAll('_', '-')}`, title: `Title of ${code}`, status, code, request_id: 'r-1', ...more };
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...headers } });
}

export const html = (status = 200): Response => new Response('<html>Welcome to the hotel</html>', { status, headers: { 'content-type': 'text/html' } });
export const noNetwork: Fault = () => Promise.reject(new TypeError('fetch failed'));
export const noAnswer: Fault = (signal) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

export function sessionOf(id: string, isCurrent = false): Record<string, unknown> {
  return { session_id: id, is_current: isCurrent, device_type: 'desktop', browser: 'Chrome', risk: { level: 'none', findings: [] } };
}

/** The rotations of a session as the server stores them: the keys of its newest three generations, newest first. */
interface Rotations {
  readonly keys: readonly (string | null)[];
  readonly at: number;
}

/** Milliseconds. */
const [KEY_REPLAY, SUPERSEDED] = [600_000, 60_000];

export class FakeServer {
  readonly requests: RecordedRequest[] = [];
  readonly dpop = new FakeDpop();
  /** The session of the browser's cookies, and its generation. */
  cookie: { id: string; generation: number } | null = null;
  /** Active sessions and their generations; `ended` has the reasons of the others. */
  readonly live = new Map<string, number>();
  readonly ended = new Map<string, string>();
  readonly rotations = new Map<string, Rotations>();
  /** Sessions whose token the browser renews by itself. */
  readonly deviceBound = new Set<string>();
  /** Questions for the status that the browser asks without its key in the device. */
  withoutDeviceKey = 0;
  /** How many refreshes made a new generation, and how many had a superseded token without a key as evidence. */
  rotated = 0;
  unproven = 0;
  lifetime = 3600;
  /** The `expires_in` of a status. */
  left = 3600;
  etag = 1;
  keepsCookies = true;
  private count = 0;
  private readonly faults: { key: string; times: number; fault: Fault }[] = [];
  private readonly held: { key: string; gate: Promise<void> }[] = [];

  signedIn(id = 's-1'): this {
    this.live.set(id, 0);
    this.cookie = { id, generation: 0 };
    return this;
  }

  /** Lets the next `times` requests to `key`, such as `POST /refresh`, fail before they reach the API. */
  fail(key: string, fault: Fault, times = 1): void {
    this.faults.push({ key, times, fault });
  }

  clearFaults(): void {
    this.faults.length = 0;
  }

  /** Holds the next response to `key` until the returned function is called. */
  holdResponse(key: string): () => void {
    let release = (): void => {};
    this.held.push({ key, gate: new Promise((resolve) => (release = resolve)) });
    return release;
  }

  end(id: string, reason = 'signed_out'): void {
    this.live.delete(id);
    this.ended.set(id, reason);
    this.etag++;
  }

  requestsTo(key: string): RecordedRequest[] {
    return this.requests.filter(({ method, path }) => `${method} ${path.split('?')[0]}` === key);
  }

  readonly fetch: Fetch = async (input, init = {}) => {
    const request = input instanceof Request ? input : null;
    const url = new URL(request?.url ?? String(input), ORIGIN);
    const method = init.method ?? request?.method ?? 'GET';
    const path = url.href.startsWith(BASE) ? url.href.slice(BASE.length) : url.href;
    const text = typeof init.body === 'string' ? init.body : request ? await request.text() : '';
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : null;
    const headers = new Headers(init.headers ?? request?.headers);
    this.requests.push({ method, path, headers, body, init });
    const key = `${method} ${path.split('?')[0]}`;
    const fault = this.faults.find((each) => each.key === key && each.times > 0);
    if (fault) {
      fault.times--;
      return fault.fault(init.signal ?? null);
    }
    const accessToken = /^DPoP (.*)$/.exec(headers.get('authorization') ?? '')?.[1];
    const proof = await this.dpop.check(headers, method, url, accessToken);
    if (proof instanceof Response) return proof;
    const [answer, deliver] = this.answer(key, url, headers, body, proof);
    const response = this.dpop.answer(answer);
    const held = this.held.findIndex((each) => each.key === key);
    if (held >= 0) await this.held.splice(held, 1)[0]?.gate;
    deliver?.();
    return response;
  };

  /** The response, and a function for the browser's part when it arrives. */
  private answer(key: string, url: URL, headers: Headers, body: Record<string, unknown> | null, proof: string | null): [Response, (() => void)?] {
    const bearer = headers.get('authorization')?.replace(/^(Bearer|DPoP) /, '');
    const shown = (body?.['refresh_token'] as string | undefined) ?? (body?.['token'] as string | undefined) ?? bearer;
    const [id, generation] = shown !== undefined ? part(shown) : [this.cookie?.id, this.cookie?.generation];
    const inBody = body?.['delivery'] === 'body' || body?.['refresh_token'] !== undefined;
    const granted = (session: string, next: number): Record<string, unknown> => ({
      // Only the browser's own request gets an access token of a device-bound session.
      ...(!this.deviceBound.has(session) && { expires_in: this.lifetime, expires_at: soon(this.lifetime) }),
      session_id: session,
      user_id: 'alice',
      session_expires_at: '2026-12-24T10:00:00Z',
      ...(inBody && {
        access_token: `access.${session}.${next}`,
        refresh_token: `refresh.${session}.${next}`,
        token_type: this.dpop.thumbprints.has(session) ? 'DPoP' : 'Bearer',
        refresh_expires_in: 604800,
      }),
      binding: this.bindingOf(session),
    });
    const keep = (session: string, next: number) => (): void => {
      if (!inBody && this.keepsCookies) this.cookie = { id: session, generation: next };
    };
    const isLive = id !== undefined && this.live.has(id);
    const thumbprint = id !== undefined && this.dpop.thumbprints.get(id);
    const needsProof = key === 'POST /refresh' || (shown !== undefined && key !== 'POST /revoke');
    if (isLive && needsProof && thumbprint && thumbprint !== proof) return [problem(key === 'POST /refresh' ? 400 : 401, 'device_proof_required')];
    const over = (): Response => {
      if (id === undefined) return problem(401, 'token_missing');
      return problem(401, 'session_ended', { reason: this.ended.get(id) ?? 'expired' });
    };
    switch (key) {
      case 'POST /login': {
        const session = `s-${String(body?.['assertion'])}`;
        if (this.cookie && !inBody && this.cookie.id !== session) this.end(this.cookie.id);
        if (!this.live.has(session) && proof !== null) this.dpop.thumbprints.set(session, proof);
        if ((this.dpop.thumbprints.get(session) ?? proof) !== proof) return [problem(400, 'device_proof_required')];
        this.live.set(session, 0);
        this.rotations.set(session, { keys: [headers.get('idempotency-key')], at: Date.now() });
        this.etag++;
        return [json(201, { ...granted(session, 0), ended: [] }), keep(session, 0)];
      }
      case 'POST /refresh': {
        if (!isLive) return [over()];
        const next = this.rotate(id, Number(generation), headers.get('idempotency-key'), body);
        if (next === null) return [problem(409, 'refresh_superseded')];
        this.left = this.lifetime;
        const key = headers.get('idempotency-key');
        const keyUsed = key === null ? {} : { key_used: this.rotations.get(id)?.keys[0] === key };
        return [json(200, { ...granted(id, next), ...keyUsed }), keep(id, next)];
      }
      case 'GET /refresh': {
        const none = { expires_at: null, expires_in: 0, needs_refresh: false, can_refresh: false };
        const base = { ...none, server_time: this.dpop.binds ? new Date(Date.now() + this.dpop.ahead).toISOString() : '2026-11-24T10:04:50Z', session_id: id ?? null, binding: this.bindingOf(id) };
        if (id === undefined) return [json(200, { ...base, state: 'none' })];
        if (!isLive) return [json(200, { ...base, state: 'ended', reason: this.ended.get(id) ?? 'expired' })];
        const state = this.left <= 0 ? 'expired' : this.left < 300 ? 'expiring' : 'active';
        return [json(200, { ...base, state, expires_at: soon(this.left), expires_in: this.left, needs_refresh: state !== 'active', can_refresh: this.withoutDeviceKey-- <= 0 })];
      }
      case 'POST /revoke': {
        const ids = body?.['strategy'] === 'all' ? [...this.live.keys()] : isLive ? [id] : [];
        for (const each of ids) this.end(each);
        return [json(200, this.over(ids)), () => (this.cookie = null)];
      }
      case 'DELETE /sessions': {
        const ids = [...this.live.keys()].filter((each) => each !== id);
        for (const each of ids) this.end(each);
        return [json(200, this.over(ids))];
      }
      case 'GET /sessions': {
        if (!isLive) return [over()];
        const etag = `"${this.etag}"`;
        if (headers.get('if-none-match') === etag) return [new Response(null, { status: 304, headers: { etag } })];
        const others = [...this.live.keys()].filter((each) => each !== id).map((each) => sessionOf(each));
        const list = {
          user_id: 'alice',
          server_time: '2026-11-24T10:05:00Z',
          session_limit: 5,
          sessions: [sessionOf(id, true), ...others],
          analytics: { active_sessions: this.live.size },
          recommendations: [],
        };
        return [json(200, list, { etag })];
      }
      case 'GET /sessions/events':
        return [json(200, { events: [{ event_id: 'e-1', query: url.search }], next_cursor: 'more' })];
      default: {
        const [, one] = /\/sessions\/([^/]+)$/.exec(url.pathname) ?? [];
        if (one === undefined) return [json(200, { count: ++this.count })];
        if (!isLive) return [over()];
        if (!this.live.has(one)) return [problem(404, 'not_found')];
        if (key.startsWith('GET')) return [json(200, { ...sessionOf(one, one === id), events: [] })];
        this.end(one);
        return [json(200, this.over([one]))];
      }
    }
  }

  /** The generation that a refresh gets; `null` if it was superseded. */
  private rotate(id: string, shown: number, key: string | null, body: Record<string, unknown> | null): number | null {
    const current = this.live.get(id) ?? 0;
    const { keys, at } = this.rotations.get(id) ?? { keys: [], at: Date.now() };
    const age = Date.now() - at;
    const sent = [key, ...((body?.['previous_keys'] as string[] | undefined) ?? [])];
    const newest = keys.findIndex((each) => each !== null && sent.includes(each));
    if (shown < current) {
      if (newest === 0) return current;
      if (newest > 0 && current - newest >= shown && age < SUPERSEDED) return null;
      this.unproven++;
    } else if (key !== null && key === keys[0] && age < KEY_REPLAY) return current;
    this.live.set(id, Math.max(current, shown + 1));
    this.rotations.set(id, { keys: [key, ...keys].slice(0, 3), at: Date.now() });
    this.rotated++;
    return shown + 1;
  }

  private bindingOf(id: string | undefined): string {
    if (id !== undefined && this.deviceBound.has(id)) return 'dbsc';
    return id !== undefined && this.dpop.thumbprints.has(id) ? 'dpop' : 'none';
  }

  private over(ids: string[]): object {
    return { ended: ids.length, session_ids: ids, access_tokens_expire_by: '2026-11-24T11:05:00Z' };
  }
}

/** The `expires_at` of a token with this many seconds left. */
function soon(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

function part(token: string): [string, number] {
  const [, id = '', generation] = token.split('.');
  return [id, Number(generation)];
}
