// Chromium binds sessions to a key in the device by itself: Device Bound Session Credentials, against the real server over https.
import assert from 'node:assert/strict';
import { launchBoundBrowser, storiesOn, useTlsServer } from './support/bound-browser.mjs';
import { accessLife, bind, deviceRequests, events, listSessions, refreshOf, renewed, signIn } from './support/bound-steps.mjs';
import { tlsGate } from './support/tls-gate.mjs';

const server = useTlsServer();
const story = storiesOn(server);
/** More faults than one request can use up: each call has three attempts, and a request may make two calls at the same time. */
const MANY = 1_000;

story('a sign-in binds the session, and the next request proves the key', async (browser, t) => {
  const gate = await tlsGate(t, server);
  const tab = await browser.open(gate.url);
  const bound = tab.nextBinding();
  gate.hold('request');
  await signIn(server, tab, 'ida');
  await bound;
  assert.equal((await listSessions(tab)).status, 200, 'the request does not wait, because the cookie is still valid');
  await gate.held();
  const life = await accessLife(browser);
  assert.ok(life > 0 && life <= 60, `the first access cookie lives for ${life} s`);
  gate.release();
  await renewed(browser);
  assert.equal((await listSessions(tab)).json.sessions[0].binding, 'dbsc');
  assert.ok((await events(tab)).includes('session_bound'));
});

story('ten tabs without an access cookie make one refresh', async (browser) => {
  const tab = await bind(server, browser, 'jo');
  const tabs = await Promise.all(Array.from({ length: 9 }, () => browser.open()));
  const requests = deviceRequests(server);
  await browser.context.clearCookies({ name: /_access$/ });
  const answers = await Promise.all([tab, ...tabs].map(listSessions));
  assert.deepEqual(answers.map((answer) => answer.status), Array(10).fill(200));
  assert.deepEqual(await requests.seen(), ['refresh 200']);
});

story('a lost answer to the registration leaves the user signed in, and a later offer binds', async (browser) => {
  const tab = await browser.open();
  const requests = deviceRequests(server);
  await server.fault('UpdateItem', 'timeout_after_commit', 3);
  await signIn(server, tab, 'kim', { proof: true });
  await requests.next('registration', 503);
  assert.equal((await refreshOf(tab)).status, 200, 'the proof gets the token of the registration');
  await server.advance(700);
  const bound = tab.nextBinding();
  assert.equal((await refreshOf(tab)).status, 200);
  await bound;
  await listSessions(tab);
  await requests.next('refresh', 200);
});

story('the browser keeps its session when it is restarted', async (browser) => {
  await bind(server, browser, 'lee');
  await browser.quit();
  const again = await launchBoundBrowser(server, browser.profile);
  try {
    const tab = await again.open();
    const requests = deviceRequests(server);
    await again.context.clearCookies({ name: /_access$/ });
    assert.equal((await listSessions(tab)).status, 200);
    // The challenge that was sent ahead is not on the disk.
    assert.deepEqual(await requests.seen(), ['refresh 403', 'refresh 200']);
  } finally {
    await again.quit();
  }
});

story('a store that fails for a moment signs no user out', async (browser) => {
  const tab = await bind(server, browser, 'mia');
  const requests = deviceRequests(server);
  await browser.context.clearCookies({ name: /_access$/ });
  await server.fault('GetItem', 'error_500', MANY);
  await listSessions(tab);
  await requests.next('refresh', 503);
  await server.fault('GetItem', 'error_500', 0);
  assert.equal((await listSessions(tab)).status, 200);
  assert.equal((await requests.seen()).at(-1), 'refresh 200');
});

story('a stale challenge costs one more request', async (browser) => {
  const tab = await bind(server, browser, 'ned');
  const requests = deviceRequests(server);
  await server.advance(3_000);
  await browser.context.clearCookies({ name: /_access$/ });
  assert.equal((await listSessions(tab)).status, 200);
  assert.deepEqual(await requests.seen(), ['refresh 403', 'refresh 200']);
});

story('a user who returns every third day stays signed in', async (browser) => {
  const tab = await bind(server, browser, 'oda');
  const end = (await listSessions(tab)).json.sessions[0].expires_at;
  // Each refresh is a signature, and Chromium makes at most six in nine minutes.
  for (let day = 0; day < 2; day++) {
    await server.advance(3 * 86_400);
    await browser.context.clearCookies({ name: /_access$/ });
    assert.equal((await listSessions(tab)).status, 200, `after day ${day}`);
  }
  assert.ok((await listSessions(tab)).json.sessions[0].expires_at > end);
});

story('a session that was revoked while the browser was closed ends in it', async (browser) => {
  const tab = await bind(server, browser, 'pia');
  const { access } = await tab.cookies();
  await browser.quit();
  const headers = { cookie: access, 'sec-fetch-site': 'same-origin' };
  const revoked = await server.request('POST', '/api/auth/revoke', { body: { strategy: 'current' }, headers });
  assert.equal(revoked.status, 200);
  const again = await launchBoundBrowser(server, browser.profile);
  try {
    const next = await again.open();
    await again.context.clearCookies({ name: /_access$/ });
    assert.equal((await listSessions(next)).status, 401);
    const requests = deviceRequests(server);
    await listSessions(next);
    assert.deepEqual(await requests.seen(), [], 'the browser has forgotten the session');
  } finally {
    await again.quit();
  }
});

story('a user who was idle signs out everywhere', async (browser) => {
  const tab = await bind(server, browser, 'uwe');
  const elsewhere = await server.post('/api/auth/login', { ...(await server.post('/dev/assertion', { sub: 'uwe' })), delivery: 'body' });
  // Ten minutes without a request: the access cookie has expired.
  await browser.context.clearCookies({ name: /_access$/ });
  const answer = await tab.post('/api/auth/revoke', { strategy: 'all' });
  assert.deepEqual([answer.status, answer.json.ended], [200, 2]);
  const headers = { authorization: `Bearer ${elsewhere.access_token}` };
  assert.equal((await server.request('GET', '/api/auth/sessions', { headers })).status, 401);
});

story('a user signs out while the renewal of the cookie fails', async (browser, t) => {
  const gate = await tlsGate(t, server);
  const tab = await bind(server, browser, 'xen', { url: gate.url });
  await browser.context.clearCookies({ name: /_access$/ });
  await server.fault('GetItem', 'error_500', MANY);
  gate.hold('response');
  const signedOut = tab.post('/api/auth/revoke', { strategy: 'current' });
  assert.equal((await gate.held()).status, 503);
  // The sign-out follows once the browser has this answer.
  await server.fault('GetItem', 'error_500', 0);
  gate.release();
  const answer = await signedOut;
  assert.deepEqual([answer.status, answer.json.ended], [200, 1]);
});

story('another user can sign in after a sign-out', async (browser) => {
  const tab = await bind(server, browser, 'quin');
  assert.equal((await tab.post('/api/auth/revoke', { strategy: 'current' })).status, 200);
  const bound = tab.nextBinding();
  await signIn(server, tab, 'rose');
  await bound;
  const list = await listSessions(tab);
  assert.deepEqual([list.status, list.json.user_id], [200, 'rose']);
  await browser.context.clearCookies({ name: /_access$/ });
  assert.equal((await listSessions(tab)).json.user_id, 'rose');
});

story('a browser that may sign no more stays signed in', async (browser) => {
  const tab = await bind(server, browser, 'sam');
  const requests = deviceRequests(server);
  let answer;
  for (let n = 0; n < 8; n++) {
    // Chromium signs a challenge once, and a challenge is new each second.
    await server.advance(1);
    await browser.context.clearCookies({ name: /_access$/ });
    answer = await listSessions(tab);
  }
  assert.equal(answer.status, 401, 'the request goes out without a cookie');
  assert.deepEqual([...new Set(await requests.seen())], ['refresh 200']);
  assert.equal((await tab.get('/api/auth/refresh')).json.can_refresh, true);
});
