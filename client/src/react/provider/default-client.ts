/** The client for an app without `<LatchkeyProvider>`: created for `/api/auth` on first use in a browser. */

import { createLatchkey } from '../../core/client.js';
import type { Latchkey, LatchkeyOptions } from '../../core/types.js';

type ClientFactory = (options?: LatchkeyOptions) => Latchkey;

const current: { client: Latchkey | null; factory: ClientFactory } = { client: null, factory: createLatchkey };

/** The page's client, or `null` on a server, where an import or a render must not start anything. */
export function defaultClient(): Latchkey | null {
  if (typeof window === 'undefined') return null;
  current.client ??= current.factory({ baseUrl: '/api/auth' });
  return current.client;
}

/** For tests: creates the next default client with `factory`, or with `createLatchkey` if it is omitted. */
export function setDefaultClientFactory(factory: ClientFactory = createLatchkey): void {
  current.client = null;
  current.factory = factory;
}
