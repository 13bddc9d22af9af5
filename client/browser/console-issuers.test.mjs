// Two customers with identity providers of their own: the administrators of each one see and reach their own users only.
import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { test } from 'node:test';
import { checkAccessibility } from './support/accessibility.mjs';
import { openConsole, untilListed } from './support/console.mjs';
import { useLocalServer } from './support/local-server.mjs';

/** An identity provider with a key of its own, and its entry in the settings. */
function provider(name) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = createPrivateKey({ key: privateKey.export({ format: 'jwk' }), format: 'jwk' });
  const base64 = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return {
    entry: {
      issuer: `https://${name}.example`, audience: name, user_prefix: `${name}|`, scopes: ['latchkey:admin'],
      jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: name, alg: 'ES256', use: 'sig' }] },
    },
    assertion(sub, scope) {
      const now = Math.floor(Date.now() / 1_000);
      const claims = { iss: `https://${name}.example`, aud: name, sub, iat: now, exp: now + 300, auth_time: now, jti: randomUUID(), scope };
      const signed = `${base64({ alg: 'ES256', kid: name })}.${base64(claims)}`;
      return `${signed}.${sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    },
  };
}

const [acme, shop] = [provider('acme'), provider('shop')];
const server = useLocalServer({}, { LATCHKEY_TRUSTED_ISSUERS: JSON.stringify([acme.entry, shop.entry]) });
const NETWORK = '203.0.113.9';

async function signIn(customer, name) {
  const session = await server.post('/api/auth/login', { assertion: customer.assertion(name), delivery: 'body' }, { 'x-dev-source-ip': NETWORK });
  assert.ok(session.session_id, JSON.stringify(session));
  return session;
}

/** The console with the session of an administrator of the customer. */
async function openAs(t, customer) {
  const page = await openConsole(t, server);
  const data = { assertion: customer.assertion('root', 'latchkey:admin'), delivery: 'cookie' };
  assert.equal((await page.context().request.post(`${server.url}/api/auth/login`, { data })).status(), 201);
  await page.reload();
  await page.getByRole('navigation', { name: 'Pages of the console' }).waitFor();
  return page;
}

/** Opens a page of the console by its address. */
async function go(page, hash) {
  await page.goto('about:blank');
  await page.goto(`${server.url}/console#${hash}`);
}

const usersIn = (page) => page.locator('.latchkey-events li .latchkey-link bdi').allInnerTexts();

for (const [name, customer, own, foreign] of [['acme', acme, 'anna', 'shop|victor'], ['shop', shop, 'victor', 'acme|anna']]) {
  test(`an administrator of ${name} sees and reaches the users of ${name} only`, async (t) => {
    const [anna, victor] = [await signIn(acme, 'anna'), await signIn(shop, 'victor')];
    const foreignSession = foreign === 'acme|anna' ? anna : victor;
    const page = await openAs(t, customer);
    await page.getByText(/^The numbers are for administrators of all users\./).waitFor();
    assert.equal(await page.locator('.latchkey-tile').count(), 0);

    await go(page, 'page=events&period=168');
    await page.locator('.latchkey-events li', { hasText: `${name}|${own}` }).first().waitFor();
    const users = (await usersIn(page)).filter((text) => text.includes('|'));
    assert.ok(users.length >= 2 && users.every((user) => user.startsWith(`${name}|`)), users.join());

    await go(page, `page=network&network=${NETWORK}`);
    await page.getByRole('button', { name: `Open user ${name}|${own}` }).first().waitFor();
    assert.deepEqual([...new Set(await usersIn(page))], [`${name}|${own}`]);
    await untilListed(server);
    await page.getByRole('button', { name: 'End sessions from this network…' }).click();
    await page.getByLabel('Reason (kept on record)').fill('a test');
    await page.getByRole('button', { name: 'Show what would end' }).click();
    await page.locator('dialog li').first().waitFor();
    const affected = await page.locator('dialog li bdi').allInnerTexts();
    assert.deepEqual(affected, [`${name}|${own}`], 'the preview names users of another customer');

    for (const text of [foreign, foreignSession.session_id]) {
      await go(page, `page=search&q=${encodeURIComponent(text)}`);
      await page.getByText(/^Nothing found\./).waitFor();
    }
    await go(page, `page=user&userId=${encodeURIComponent(foreign)}`);
    await page.locator('.latchkey-notice').waitFor();
    await checkAccessibility(page, `console-9-foreign-${name}`);
    assert.equal(await page.locator('.latchkey-card').count(), 0);
    assert.equal(await page.getByRole('button', { name: /^(Suspend|Resume|Sign out (of|everywhere))/ }).count(), 0);
    const response = await fetch(`${server.url}/api/auth/sessions`, { headers: { authorization: `Bearer ${foreignSession.access_token}` } });
    assert.equal(response.status, 200, 'the session of the other customer has ended');
  });
}
