/**
 * Calls the authorizer function as AWS Lambda does for API Gateway, and prints its responses. No dependencies.
 *
 * The function runs as its own program and polls a runtime API for events. Here this program is the runtime API.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const api = process.env.API ?? 'http://127.0.0.1:9000';
const program = process.env.AUTHORIZER ?? fileURLToPath(new URL('../../target/debug/authorizer', import.meta.url));

/** The event of a call to GET /orders, with or without an access token. */
async function eventOf(token) {
  const name = token === null ? 'authorizer-no-token' : 'authorizer-bearer';
  const text = await readFile(new URL(`../../events/${name}.json`, import.meta.url), 'utf8');
  return text.replaceAll('{{access_token}}', token ?? '');
}

async function post(path, body) {
  const response = await fetch(api + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path} responded with ${response.status}`);
  return response.json();
}

/** The runtime API of AWS Lambda, as far as one function at a time needs it. */
async function startRuntimeApi() {
  const invocations = [];
  let notify = () => {};
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      // The function asks for the next event.
      while (invocations.length === 0) await new Promise((resolve) => (notify = resolve));
      const headers = { 'lambda-runtime-aws-request-id': 'example', 'lambda-runtime-deadline-ms': Date.now() + 3_000, 'content-type': 'application/json' };
      return response.writeHead(200, headers).end(invocations[0].event);
    }
    // The function sends its response, or an error.
    let body = '';
    for await (const chunk of request) body += chunk;
    response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
    invocations.shift()?.resolve(JSON.parse(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const invoke = (event) =>
    new Promise((resolve) => {
      invocations.push({ event, resolve });
      notify();
    });
  return { address: `127.0.0.1:${server.address().port}`, invoke };
}

const runtime = await startRuntimeApi();
// The authorizer needs public keys only.
const keys = await (await fetch(`${api}/api/auth/.well-known/jwks.json`)).text();
const env = {
  AWS_LAMBDA_RUNTIME_API: runtime.address,
  AWS_LAMBDA_FUNCTION_NAME: 'authorizer',
  AWS_LAMBDA_FUNCTION_VERSION: '1',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
  LATCHKEY_KEYS: keys,
  LATCHKEY_ISSUER: `${api}/api/auth`,
  LATCHKEY_AUDIENCE: 'latchkey-local',
};
const authorizer = spawn(program, { env, stdio: ['ignore', 'ignore', 'inherit'] });
authorizer.once('error', (error) => {
  console.error(`${error.message}: run \`cargo build -p latchkey-authorizer\``);
  process.exit(1);
});
authorizer.once('exit', (code) => process.exit(code ?? 1));

const { assertion } = await post('/dev/assertion', { sub: 'alice' });
const { access_token: token } = await post('/api/auth/login', { assertion, delivery: 'body' });
const tokens = { 'a valid token': token, 'a forged token': token.slice(0, -8) + 'AAAAAAAA', 'no token': null };
for (const [name, each] of Object.entries(tokens)) {
  console.info(`${name}: ${JSON.stringify(await runtime.invoke(await eventOf(each)))}`);
}
authorizer.removeAllListeners('exit');
authorizer.kill('SIGKILL');
process.exit(0);
