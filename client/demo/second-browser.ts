/** A second browser of the same user, in this page: a client of its own, at another address, whose tokens can be stolen. */

import { createLatchkey, headerMode, type Latchkey } from '../src/index.js';
import { assertionFor, from, post } from './dev-controls.js';

/** Addresses of networks that are reserved for documentation. */
const PHONE = from('198.51.100.20', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1');
const THIEF = from('203.0.113.66', 'curl/8.9.1');

/** A base of its own, so that its storage and its messages are not those of the page. */
const BASE = '/second-browser';

export interface SecondBrowser {
  readonly client: Latchkey;
  signIn(name: string): Promise<unknown>;
  /** A thief copies the refresh token, its owner refreshes twice, and then the thief sends the copy. Returns the response's code. */
  stealToken(onStep: (step: number) => void): Promise<string | undefined>;
}

export function openSecondBrowser(): SecondBrowser {
  let tokens: string | null = null;
  const storage = {
    get: () => tokens,
    set: (value: string) => {
      tokens = value;
    },
    remove: () => {
      tokens = null;
    },
  };
  const fetchAsPhone: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(PHONE)) headers.set(name, value);
    return fetch(String(input).replace(`${BASE}/`, '/'), { ...init, headers });
  };
  // Without a key, like an older client: a copied token of a session with a key is refused, and there is nothing to notice.
  const client = createLatchkey({ baseUrl: `${BASE}/api/auth`, mode: headerMode({ storage }), binding: 'off', fetch: fetchAsPhone });
  return {
    client,
    signIn: async (name) => client.signIn(await assertionFor(name)),
    async stealToken(onStep) {
      const { refresh } = JSON.parse(tokens ?? '{}') as { refresh?: string };
      onStep(1);
      await client.refresh();
      await client.refresh();
      onStep(2);
      const response = await post<{ code?: string }>('/api/auth/refresh', { refresh_token: refresh }, { credentials: 'omit', headers: THIEF });
      onStep(3);
      return response.code;
    },
  };
}
