/** How does a client use its key? It binds a session at the sign-in, and proves its key where the session is bound. */

import { LatchkeyError } from '../errors.js';
import type { SessionState } from '../session/session-state.js';
import type { Fetch } from '../transport/transport.js';
import type { BindingPolicy } from '../types.js';
import type { DeviceKey, DeviceKeys } from './device-keys.js';
import { errorOf, REFUSED_PROOF, type ProvenFetch } from './proven-fetch.js';

export interface SessionBinding {
  readonly isRequired: boolean;
  /** Sends a sign-in with a proof, so that the server binds the session; without one if that fails and is not required. */
  forSignIn(): Promise<Fetch>;
  /** Sends a refresh, with a proof if this browser has a key. Rejects without a request if the session needs a key that is gone. */
  forRefresh(): Promise<Fetch>;
  /** Sends a sign-out, with a proof if this browser has the key of the session, which is evidence that it is no thief. */
  forSignOut(sessionId: string | null): Promise<Fetch>;
  /** Sends a request with the access token of header mode, if there is one, and with a proof if the token is bound. */
  readonly authorized: Fetch;
  /** Whether this browser has no key any more. A storage that fails is no answer, so the result is false. */
  isKeyLost(sessionId?: string | null): Promise<boolean>;
  /** Whether the storage of the key works. Then a refused proof is not the fault of the storage. */
  canRead(): Promise<boolean>;
}

export function createSessionBinding(session: SessionState, keys: DeviceKeys, proven: ProvenFetch, fetch: Fetch, policy: BindingPolicy): SessionBinding {
  const find = (sessionId = session.id()): Promise<DeviceKey | null> => keys.find(sessionId);
  const isBound = (): boolean => session.binding() === 'dpop' || session.tokens?.get()?.isBound === true;
  const unavailable = (): never => {
    throw new LatchkeyError('key_unavailable', 'This browser cannot read the key of the session');
  };

  return {
    isRequired: policy === 'require',
    async forSignIn() {
      if (policy === 'off') return fetch;
      const key = await keys.forSignIn().catch(() => (policy === 'require' ? unavailable() : null));
      if (!key) return fetch;
      return async (input, init) => {
        const response = await proven(key, input, init);
        // For example behind a proxy with another host name, which the server does not accept in a proof.
        const isInVain = policy === 'prefer' && REFUSED_PROOF.test(await errorOf(response));
        return isInVain ? fetch(input, init) : response;
      };
    },
    async forRefresh() {
      const key = await find().catch(() => (isBound() ? unavailable() : null));
      if (key) return (input, init) => proven(key, input, init);
      if (isBound()) throw new LatchkeyError('device_proof_required', 'This browser has lost the key of the session');
      return fetch;
    },
    async forSignOut(sessionId) {
      const key = await find(sessionId).catch(() => null);
      return key ? (input, init) => proven(key, input, init) : fetch;
    },
    async authorized(input, init) {
      const current = session.tokens?.get();
      const headers = new Headers(init?.headers ?? (typeof input === 'object' && 'url' in input ? input.headers : undefined));
      // The app's own header wins.
      if (!current || headers.has('authorization')) return fetch(input, init);
      if (current.isBound) {
        const key = await find().catch(() => null);
        return key ? proven(key, input, init, current.access) : fetch(input, init);
      }
      headers.set('authorization', `Bearer ${current.access}`);
      return fetch(input, { ...init, headers });
    },
    isKeyLost: (sessionId) => find(sessionId).then((key) => key === null, () => false),
    canRead: () => find().then(() => true, () => false),
  };
}
