// The renewal of a bound browser's cookie when the network or the server is in the way, and when it is not needed yet.
import assert from 'node:assert/strict';
import { storiesOn, useTlsServer } from './support/bound-browser.mjs';
import { accessLife, bind, deviceRequests, events, listSessions, renewed, signIn } from './support/bound-steps.mjs';
import { tlsGate } from './support/tls-gate.mjs';

const server = useTlsServer();
const story = storiesOn(server);

const proofOf = ({ headers }) => headers['secure-session-response'];
const isAccepted = ({ status }) => status === 200;
const cookieOf = ({ context }, kind) => context.cookies().then((all) => all.find(({ name }) => name.endsWith(kind)));

story('a lost answer to a refresh is repeated with the same proof', async (browser, t) => {
  const gate = await tlsGate(t, server);
  const tab = await bind(server, browser, 'abe', { url: gate.url });
  const before = gate.calls.length;
  await browser.context.clearCookies({ name: /_access$/ });
  gate.hold('response');
  const listed = listSessions(tab);
  assert.equal((await gate.held()).status, 200);
  gate.drop();
  assert.equal((await listed).status, 200, 'the request waits for the repetition');
  const [lost, repeated, ...others] = gate.calls.slice(before);
  assert.deepEqual([repeated.status, others.length], [200, 0]);
  assert.equal(proofOf(repeated), proofOf(lost));
});

story('a lost answer that was a rotation signs no user out', async (browser, t) => {
  const gate = await tlsGate(t, server);
  const tab = await bind(server, browser, 'bo', { url: gate.url });
  // After an hour a refresh is a rotation. The challenge is stale, so that an answer of 403 comes first.
  await server.advance(3_700);
  await browser.context.clearCookies({ name: /_access$/ });
  const older = (await cookieOf(browser, '_refresh')).value;
  gate.hold('response', isAccepted);
  const listed = listSessions(tab);
  const lost = await gate.held();
  const rotated = lost.answer['set-cookie'].find((line) => /_refresh=/.test(line));
  assert.ok(rotated && !rotated.includes(older), 'the lost answer has the next refresh token');
  assert.equal((await cookieOf(browser, '_refresh')).value, older, 'the browser has the older one');
  gate.drop();
  assert.equal((await listed).status, 200);
  assert.ok(rotated.includes((await cookieOf(browser, '_refresh')).value), 'the repetition has the same token');
  const types = await events(tab);
  assert.ok(!types.includes('token_reused') && !types.includes('token_replayed'), types.join(', '));
});

story('the browser renews the cookie in its last two minutes, and no request waits', async (browser, t) => {
  const gate = await tlsGate(t, server);
  const tab = await bind(server, browser, 'cy', { url: gate.url });
  const cookie = await cookieOf(browser, '_access');
  const endIn = (seconds) => browser.context.addCookies([{ ...cookie, expires: Date.now() / 1_000 + seconds }]);
  const before = gate.calls.length;
  await endIn(180);
  assert.equal((await listSessions(tab)).status, 200);
  await endIn(100);
  gate.hold('request');
  assert.equal((await listSessions(tab)).status, 200, 'the request goes out with the cookie that is still valid');
  await gate.held();
  assert.equal(gate.calls.length - before, 1, 'three minutes before the end there was no renewal');
  assert.ok((await accessLife(browser)) < 100);
  gate.release();
  await renewed(browser);
});

story('a browser that gives up after refusals leaves a user who can sign in', async (browser, t) => {
  const gate = await tlsGate(t, server);
  const tab = await bind(server, browser, 'dee', { url: gate.url });
  const before = gate.calls.length;
  await browser.context.clearCookies({ name: /_access$/ });
  // Each proof arrives so late that its challenge is stale.
  gate.before(() => server.advance(3_000));
  const listed = await listSessions(tab);
  gate.before(null);
  assert.equal(listed.status, 401);
  const refusals = gate.calls.slice(before);
  assert.ok(refusals.length > 1 && refusals.every(({ status }) => status === 403));
  const challenges = new Set(refusals.map(({ answer }) => answer['secure-session-challenge']));
  assert.equal(challenges.size, refusals.length, 'each refusal has a new challenge');
  assert.equal((await listSessions(tab)).status, 401);
  assert.equal(gate.calls.length - before, refusals.length, 'the browser has forgotten its key');
  // Unbound until Chromium may sign again: it makes six signatures in nine minutes.
  await signIn(server, tab, 'dee');
  const { json } = await listSessions(tab);
  assert.deepEqual([json.user_id, json.sessions.length], ['dee', 1], 'the sign-in has ended the session before');
});

story('a link on another site opens the page without a renewal, and its requests renew', async (browser) => {
  await bind(server, browser, 'eli');
  const requests = deviceRequests(server);
  await browser.context.clearCookies({ name: /_access$/ });
  const tab = await browser.open(server.url.replace(server.host, '127.0.0.1'));
  const link = `${server.url}/api/auth/refresh`;
  const arrived = tab.page.waitForResponse(link);
  await tab.page.evaluate((url) => location.assign(url), link);
  assert.equal((await (await arrived).json()).state, 'none', 'the request has neither cookie');
  assert.deepEqual(await requests.seen(), [], 'another site cannot cause a renewal');
  // A page whose policy allows requests.
  await tab.page.goto(`${server.url}/favicon.ico`);
  assert.equal((await listSessions(tab)).json.user_id, 'eli');
  assert.deepEqual(await requests.seen(), ['refresh 200']);
});
