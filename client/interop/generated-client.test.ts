/** A client for TypeScript: openapi-fetch with the types that openapi-typescript has generated from `openapi.yaml`. */

import createClient, { type Client } from 'openapi-fetch';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { startLocalServer, type LocalServer } from '../test/server/support/local-server.js';
import type { components, paths } from './generated/schema.js';
import { badTokens } from './support/tokens.js';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

let server: LocalServer;
let api: Client<paths>;

beforeAll(async () => {
  server = await startLocalServer();
  api = createClient<paths>({ baseUrl: server.issuer });
});

afterAll(() => server?.stop());

const bearer = (token: string): { headers: { Authorization: string } } => ({ headers: { Authorization: `Bearer ${token}` } });

async function signIn(sub: string) {
  const { assertion } = await server.post('/dev/assertion', { sub });
  const { data, error } = await api.POST('/login', { body: { assertion: String(assertion), delivery: 'body' } });
  if (!data?.access_token || !data.refresh_token) throw new Error(error?.detail ?? 'no tokens');
  return { ...data, access_token: data.access_token, refresh_token: data.refresh_token };
}

describe('openapi-fetch', () => {
  test('signs in, lists the sessions and signs out', async () => {
    const [first, second] = [await signIn('alice'), await signIn('alice')];
    const { data: list } = await api.GET('/sessions', { ...bearer(second.access_token), params: { query: { include: 'analytics' } } });
    expectTypeOf(list).toEqualTypeOf<components['schemas']['SessionList'] | undefined>();
    expect(list?.sessions.map((session) => [session.session_id, session.is_current])).toEqual([[second.session_id, true], [first.session_id, false]]);
    expect(list?.analytics?.active_sessions).toBe(2);
    const { data: one } = await api.GET('/sessions/{id}', { ...bearer(second.access_token), params: { path: { id: first.session_id } } });
    expect(one?.events?.map((event) => event.event_type)).toContain('login');
    const { data: ended } = await api.POST('/revoke', { ...bearer(second.access_token), body: { strategy: 'current' } });
    expect(ended).toMatchObject({ ended: 1, session_ids: [second.session_id] });
    const { error, response } = await api.GET('/sessions', bearer(second.access_token));
    expect([response.status, error?.code, error?.reason]).toEqual([401, 'session_ended', 'signed_out']);
    expect((await api.GET('/sessions', bearer(first.access_token))).data?.sessions).toHaveLength(1);
  });

  test('refreshes with JSON, and gets the problem of a used token', async () => {
    const { access_token: old, refresh_token, session_id } = await signIn('bob');
    const { data } = await api.POST('/refresh', { body: { refresh_token } });
    expect(data).toMatchObject({ session_id, token_type: 'Bearer' });
    expect((await api.GET('/refresh', bearer(old))).data).toMatchObject({ state: 'active', session_id });
    // After the late retry of 24 hours, an older token without a key is reuse.
    await server.advanceClock(90_000);
    const { error, response } = await api.POST('/refresh', { body: { refresh_token } });
    expect([response.status, error]).toMatchObject([401, { code: 'session_ended', reason: 'security' }]);
    await server.advanceClock(-90_000);
  });

  test('refreshes and revokes with the forms of OAuth', async () => {
    const { refresh_token } = await signIn('carol');
    const { data } = await api.POST('/refresh', { headers: FORM, body: { grant_type: 'refresh_token', refresh_token } });
    expect(data).toMatchObject({ token_type: 'Bearer', expires_in: 3_600 });
    const next = String(data?.refresh_token);
    const revoked = await api.POST('/revoke', { headers: FORM, body: { token: next } });
    expect(revoked.response.status).toBe(200);
    expect(revoked.error).toBeUndefined();
    const { error, response } = await api.POST('/refresh', { headers: FORM, body: { grant_type: 'refresh_token', refresh_token: next } });
    expect([response.status, error]).toMatchObject([400, { error: 'invalid_grant', code: 'session_ended' }]);
  });

  test('introspects, reads the trail, and ends other sessions', async () => {
    const [first, second] = [await signIn('dora'), await signIn('dora')];
    const introspect = async (token: string) => (await api.POST('/introspect', { headers: { ...FORM, ...bearer(token).headers }, body: { token } })).data;
    expect(await introspect(first.access_token)).toMatchObject({ active: true, sub: 'dora', sid: first.session_id });
    const { data } = await api.DELETE('/sessions', { ...bearer(second.access_token), params: { query: { scope: 'others' } } });
    expect(data?.session_ids).toEqual([first.session_id]);
    expect(await introspect(first.access_token)).toEqual({ active: false });
    const { data: trail } = await api.GET('/sessions/events', { ...bearer(second.access_token), params: { query: { type: 'session_ended' } } });
    expect(trail?.events.map((event) => event.session_id)).toEqual([first.session_id]);
  });

  test('gets a typed problem for each bad token', async () => {
    for (const { name, token } of await badTokens(server)) {
      const { data, error, response } = await api.GET('/sessions', bearer(token));
      expect([data, response.status], name).toEqual([undefined, 401]);
      expect(['invalid_token', 'token_expired'], name).toContain(error?.code);
    }
  });

  test('reads keys and metadata', async () => {
    const [{ data: keys }, { data: metadata }] = [await api.GET('/.well-known/jwks.json'), await api.GET('/.well-known/openid-configuration')];
    expect(keys?.keys.length).toBeGreaterThan(0);
    expect(metadata?.issuer).toBe(server.issuer);
  });
});
