// Bound browsers in which another user signs in, and in which a tab has the client of before.
import assert from 'node:assert/strict';
import { storiesOn, useTlsServer } from './support/bound-browser.mjs';
import { bind, deviceRequests, events, listSessions, renewed, signIn } from './support/bound-steps.mjs';
import { until } from './support/steps.mjs';

const server = useTlsServer();
const story = storiesOn(server);

story('another user signs in without a sign-out, and the key before is forgotten', async (browser) => {
  const tab = await bind(server, browser, 'fay');
  const elsewhere = await server.post('/api/auth/login', { ...(await server.post('/dev/assertion', { sub: 'fay' })), delivery: 'body' });
  const requests = deviceRequests(server);
  const bound = tab.nextBinding();
  await signIn(server, tab, 'gil');
  await bound;
  assert.equal((await listSessions(tab)).json.user_id, 'gil');
  await requests.next('refresh', 200);
  await renewed(browser);
  for (let renewal = 0; renewal < 2; renewal++) {
    await server.advance(1);
    await browser.context.clearCookies({ name: /_access$/ });
    // Chromium sends a request without its cookie if it cannot wait for the renewal, so that one answer may be a 401.
    let answer;
    const isGil = async () => (answer = await listSessions(tab)).json.user_id === 'gil';
    await until(() => `${answer.status} ${answer.text}`, isGil, 10);
  }
  const all = await requests.seen();
  assert.ok(all.every((request) => / 200$/.test(request)), all.join(', '));
  const headers = { authorization: `Bearer ${elsewhere.access_token}` };
  const { sessions } = (await server.request('GET', '/api/auth/sessions', { headers })).json;
  assert.deepEqual(sessions.map(({ is_current }) => is_current), [true], "the first user's session in this browser has ended");
});

story('a tab with the client of before does not end a bound session', async (browser) => {
  const tab = await bind(server, browser, 'hal', { proof: true });
  const old = await browser.open();
  const id = (await listSessions(tab)).json.sessions[0].session_id;
  const keys = ['first-key-of-the-old-tab', 'second-key-of-the-old-tab'];
  const refresh = (...keys) => old.page.evaluate(refreshOfBefore, keys);
  const refused = [400, 'device_proof_required'];
  assert.deepEqual(await refresh(keys[0]), refused);
  // Its retry after a pause, when the browser has rotated the token, and the next attempt with another key.
  await server.advance(3_700);
  assert.equal((await listSessions(tab)).status, 200);
  assert.deepEqual(await refresh(keys[0]), refused);
  assert.deepEqual(await refresh(keys[1], keys[0]), refused);
  const status = (await old.get('/api/auth/refresh')).json;
  assert.deepEqual([status.session_id, status.state], [id, 'active'], 'the browser renews the cookie for this tab, too');
  assert.equal((await listSessions(tab)).json.sessions[0].session_id, id);
  const types = await events(tab);
  assert.ok(!types.includes('token_reused') && !types.includes('session_ended'), types.join(', '));
  assert.ok(types.includes('binding_failed'));
});

/** Runs in the page: the refresh of the client before it had a key of its own. */
async function refreshOfBefore([key, ...previous]) {
  const headers = { accept: 'application/json', 'content-type': 'application/json', 'idempotency-key': key };
  const body = JSON.stringify(previous.length > 0 ? { previous_keys: previous } : {});
  const init = { method: 'POST', credentials: 'include', keepalive: true, cache: 'no-store', redirect: 'manual', headers, body };
  const response = await fetch('/api/auth/refresh', init);
  return [response.status, (await response.json()).code];
}
