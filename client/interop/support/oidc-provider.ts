/** A real OpenID provider (the package oidc-provider) on loopback, and a browser that signs in and out there. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export const CLIENT_ID = 'shop';
const REDIRECT = 'http://127.0.0.1/callback';
const VERIFIER = 'v'.repeat(43);

export interface RunningProvider {
  readonly issuer: string;
  /** Where the provider sends its logout tokens. It is read at each logout. */
  logoutUri: string;
  stop(): Promise<void>;
}

/** Starts a provider with one client. Its logout tokens carry `sid`. */
export async function startProvider(): Promise<RunningProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'op1', alg: 'ES256', use: 'sig' };
  const running: RunningProvider = { issuer, logoutUri: '', stop: () => new Promise((resolve) => server.close(() => resolve())) };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        redirect_uris: [REDIRECT],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
        backchannel_logout_uri: 'http://127.0.0.1/replaced-below',
        backchannel_logout_session_required: true,
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['not-secret'] },
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
    // The address of Latchkey is not known yet when the client is registered. The provider's own dispatcher refuses loopback.
    fetch: (url, options) => {
      const { method = 'GET', headers = {}, body = null } = options ?? {};
      return fetch(String(url).endsWith('/replaced-below') ? running.logoutUri : url, { method, headers, body });
    },
  });
  server.on('request', provider.callback());
  return running;
}

/** A browser with one cookie jar. */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #issuer: string;

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  /** Signs in and returns the ID token. */
  async signIn(login: string): Promise<string> {
    const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(VERIFIER))).toString('base64url');
    const query = { client_id: CLIENT_ID, response_type: 'code', scope: 'openid', redirect_uri: REDIRECT, code_challenge: challenge, code_challenge_method: 'S256' };
    let response = await this.#send(`/auth?${new URLSearchParams(query)}`);
    for (let step = 0; step < 10; step += 1) {
      const location = response.headers.get('location');
      if (location?.startsWith(REDIRECT) === true) return this.#exchange(new URL(location).searchParams.get('code') ?? '');
      response = location === null ? await this.#answer(response, login) : await this.#send(location);
    }
    throw new Error('the sign-in at the provider did not end');
  }

  /** Signs out at the provider, which then sends its logout tokens. */
  async signOut(): Promise<void> {
    const page = await (await this.#send('/session/end')).text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const response = await this.#send('/session/end/confirm', { xsrf, logout: 'yes' });
    if (response.status >= 400) throw new Error(`the provider answered ${response.status}`);
  }

  /** Fills in the form of the page: first the sign-in, then the consent. */
  async #answer(response: Response, login: string): Promise<Response> {
    const page = await response.text();
    const action = /action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1];
    if (action === undefined || prompt === undefined) throw new Error(`an unexpected page: ${response.status} ${page.slice(0, 200)}`);
    return this.#send(action, { prompt, login, password: 'any' });
  }

  async #exchange(code: string): Promise<string> {
    const body = { client_id: CLIENT_ID, grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: VERIFIER };
    const response = await this.#send('/token', body);
    return String(((await response.json()) as Record<string, unknown>)['id_token']);
  }

  async #send(path: string, form?: Record<string, string>): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const body = form && new URLSearchParams(form);
    const response = await fetch(new URL(path, this.#issuer), { method: form ? 'POST' : 'GET', redirect: 'manual', headers: { cookie }, ...(body && { body }) });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }
}
