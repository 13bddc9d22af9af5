/** The client of an app that made none: for `/api/auth`, on first use in a browser. */

import { createLatchkey } from '../../core/client.js';
import type { Latchkey, LatchkeyOptions } from '../../core/types.js';

type Factory = (options?: LatchkeyOptions) => Latchkey;

const made: { client: Latchkey | null; factory: Factory } = { client: null, factory: createLatchkey };

/** The one client of this page, or `null` on a server: importing or rendering there starts nothing. */
export function defaultClient(): Latchkey | null {
  if (typeof window === 'undefined') return null;
  made.client ??= made.factory({ baseUrl: '/api/auth' });
  return made.client;
}

/** Makes the default client in another way from now on, or again in the usual one; for tests. */
export function replaceDefaultClient(factory: Factory = createLatchkey): void {
  made.client = null;
  made.factory = factory;
}
