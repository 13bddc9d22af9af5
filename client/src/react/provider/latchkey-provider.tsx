/** Which client do the components below use? */

import { type ReactElement, type ReactNode, createContext, useContext } from 'react';

import type { Latchkey } from '../../core/types.js';
import { defaultClient } from './default-client.js';
import type { SessionStore } from '../store/session-store.js';
import { storeOf } from '../store/session-store-for-user.js';

const Client = createContext<Latchkey | null>(null);

/** What the provider takes. */
export interface LatchkeyProviderProps {
  /** Made once, outside of the components. */
  readonly client: Latchkey;
  readonly children?: ReactNode;
}

/** Gives a client to the components below; without it there is one for `/api/auth`. */
export function LatchkeyProvider({ client, children }: LatchkeyProviderProps): ReactElement {
  return <Client.Provider value={client}>{children}</Client.Provider>;
}

/** The store of the client in use, for a user if there is one; `null` on a server that was given no client. */
export function useSessionStore(userId?: string): SessionStore | null {
  const client = useContext(Client) ?? defaultClient();
  return client === null ? null : storeOf(client, userId);
}
