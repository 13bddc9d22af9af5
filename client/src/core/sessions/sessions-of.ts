/** Which sessions does the signed-in user have, and how does the user end them? */

import { authenticatedFetch } from '../fetch/fetch-of.js';
import { addOnOf } from '../runtime/add-ons.js';
import type { Internals } from '../runtime/context.js';
import type { ApiRequest } from '../transport/transport.js';
import type { Latchkey, RevokeResponse, Session, Sessions } from '../types.js';
import { authenticatedRead, readEvents, sessionPath, withoutEnded } from './read.js';
import { setupSessionList } from './session-list.js';

/**
 * The sessions of the signed-in user; the same object each time it is called with the same client.
 *
 * ```ts
 * const sessions = sessionsOf(latchkey);
 * for (const session of await sessions.list()) console.log(session.browser, session.is_current);
 * await sessions.revokeOthers();
 * ```
 */
export function sessionsOf(client: Latchkey): Sessions {
  return addOnOf(client, ownSessions);
}

function ownSessions(internals: Internals): Sessions {
  const { session, store, request, addOn } = internals;
  const via = addOn(authenticatedFetch);
  const read = addOn(authenticatedRead);
  const { list, watch, invalidate } = setupSessionList(internals, via);

  /** Ended sessions leave the list at once; the next poll brings the rest of the change. */
  const revoke = async (path: string, what: Omit<ApiRequest, 'expectedField'>, endsAll = false): Promise<RevokeResponse> => {
    const { session: epoch } = session.epoch;
    const response = (await request(path, { ...what, expectedField: 'ended' }, via)).body as RevokeResponse;
    if (epoch !== session.epoch.session) return response;
    const id = session.id();
    if (endsAll || (id !== null && response.session_ids.includes(id))) session.end('signed_out');
    else {
      store.set({ sessions: withoutEnded(store.get().sessions, response) });
      invalidate();
    }
    return response;
  };

  return {
    list,
    get: async (id) => (await read(sessionPath(id), { expectedField: 'session_id' })).body as Session,
    revoke: (id) => revoke(sessionPath(id), { method: 'DELETE' }),
    revokeOthers: () => revoke('/sessions?scope=others', { method: 'DELETE' }),
    revokeAll: () => revoke('/revoke', { method: 'POST', body: { strategy: 'all' } }, true),
    events: (query = {}) => readEvents(read, query),
    watch,
  };
}
