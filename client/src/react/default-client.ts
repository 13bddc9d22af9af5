/** The client of an app that made none: for `/api/auth`, on first use in a browser. */

import * as core from '../core/index.js';
import type { Latchkey, LatchkeyOptions } from '../core/types.js';

type Factory = (options?: LatchkeyOptions) => Latchkey;

/** Looked up late, so that this module loads whatever the core exports. */
const made: { client: Latchkey | null; factory: Factory | undefined } = {
  client: null,
  factory: (core as { readonly createLatchkey?: Factory }).createLatchkey,
};

/** The one client of this page, or `null` on a server: importing or rendering there starts nothing. */
export function defaultClient(): Latchkey | null {
  if (typeof window === 'undefined' || made.factory === undefined) return null;
  made.client ??= made.factory({ baseUrl: '/api/auth' });
  return made.client;
}

/** Makes the default client in another way from now on; for tests. */
export function replaceDefaultClient(factory: Factory | undefined): void {
  made.client = null;
  made.factory = factory;
}
