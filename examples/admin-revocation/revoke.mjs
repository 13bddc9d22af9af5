/**
 * Ends all sessions of a user as an administrator, and prints the record. No dependencies.
 *
 *   node revoke.mjs USER REASON
 *
 * API          the origin of the API. Default http://127.0.0.1:9000
 * ADMIN_TOKEN  an access token with the scope latchkey:admin. Default: the local server signs one in.
 */

const [userId, reason] = process.argv.slice(2);
if (!userId || !reason) {
  console.error('usage: node revoke.mjs USER REASON');
  process.exit(2);
}
const api = process.env.API ?? 'http://127.0.0.1:9000';

async function call(method, path, body, token) {
  const headers = { ...(body && { 'content-type': 'application/json' }), ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(api + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const answer = await response.json();
  if (response.ok) return answer;
  console.error(`${method} ${path}: ${response.status} ${answer.code}: ${answer.detail ?? answer.title}`);
  process.exit(1);
}

/** Only the local server signs assertions for any user. */
async function signInLocally() {
  const { assertion } = await call('POST', '/dev/assertion', { sub: 'root', scope: 'latchkey:admin' });
  return (await call('POST', '/api/auth/login', { assertion, delivery: 'body' })).access_token;
}

const token = process.env.ADMIN_TOKEN ?? (await signInLocally());
const { ended, access_tokens_expire_by } = await call('POST', '/api/auth/revoke', { strategy: 'user', user_id: userId, reason }, token);
console.info(`ended ${ended} sessions of ${userId}; offline checks accept their last access tokens until ${access_tokens_expire_by}`);

const record = await call('GET', `/api/auth/revoke?user_id=${encodeURIComponent(userId)}`, undefined, token);
console.info(JSON.stringify(record, null, 2));
