/** Provides the Latchkey client to hooks and components. */

import { type ReactElement, type ReactNode, createContext, useContext } from 'react';

import type { Latchkey } from '../../core/types.js';
import { sessionStoreForUser } from '../store/session-store-for-user.js';
import type { SessionStore } from '../store/session-store.js';
import { defaultClient } from './default-client.js';

/** Use `useSessionStore` for sessions. */
export const ClientContext = createContext<Latchkey | null>(null);

/** The props of `<LatchkeyProvider>`. */
export interface LatchkeyProviderProps {
  /** Create it once, outside of your components. */
  readonly client: Latchkey;
  readonly children?: ReactNode;
}

/**
 * Provides a client to the hooks and components below it. Without a provider they share a client for `/api/auth`.
 *
 * ```tsx
 * const latchkey = createLatchkey({ baseUrl: 'https://auth.example.com/api/auth' });
 *
 * <LatchkeyProvider client={latchkey}>
 *   <App />
 * </LatchkeyProvider>
 * ```
 */
export function LatchkeyProvider({ client, children }: LatchkeyProviderProps): ReactElement {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** The session store of the current client, for a user if one is given; `null` on a server without a provider. */
export function useSessionStore(userId?: string): SessionStore | null {
  const client = useContext(ClientContext) ?? defaultClient();
  return client === null ? null : sessionStoreForUser(client, userId);
}
