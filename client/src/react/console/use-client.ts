/** The client whose users the console shows. */

import { useContext } from 'react';

import type { Latchkey } from '../../core/types.js';
import { defaultClient } from '../provider/default-client.js';
import { ClientContext } from '../provider/latchkey-provider.js';

/** The client of the provider, or else the page's own; `null` on a server without a provider. */
export function useClient(): Latchkey | null {
  return useContext(ClientContext) ?? defaultClient();
}
