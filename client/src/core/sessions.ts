/** What can be asked about a user's sessions, and done about them? */

import type { Core } from './context.js';
import type { LatchkeyError } from './errors.js';
import { authenticated } from './fetch.js';
import type { Call } from './transport.js';
import type { Ended, Latchkey, Session, Sessions } from './types.js';
import { watching } from './watching.js';
import type { components } from '../api.js';

type Trail = components['schemas']['Trail'];

/**
 * The sessions of whoever is signed in, always the same object for a client.
 *
 * ```ts
 * const mine = await sessionsOf(latchkey).list();
 * ```
 */
export function sessionsOf(client: Pick<Latchkey, 'part'>): Sessions {
  return client.part(sessions);
}

function sessions(core: Core): Sessions {
  const { session, store, tries, tell, call, part } = core;
  const via = part(authenticated);
  const watch = watching(core, via);

  const read = async (path: string, expect: string): Promise<unknown> => {
    tries.read.allowed();
    try {
      return (await call(path, { expect }, via)).body;
    } catch (error) {
      const seconds = (error as LatchkeyError).retryAfter;
      if (seconds !== null) {
        tries.read.hold(seconds);
        tell({ type: 'wait', what: 'read', seconds });
      }
      throw error;
    }
  };

  /** What ended leaves the list at once; the next poll brings the rest. */
  const end = async (path: string, how: Omit<Call, 'expect'>, all = false): Promise<Ended> => {
    const { owner } = session.epoch;
    const answer = (await call(path, { ...how, expect: 'ended' }, via)).body as Ended;
    const id = session.id();
    if (owner !== session.epoch.owner) return answer;
    if (all || (id !== null && answer.session_ids.includes(id))) session.end('signed_out');
    else {
      const listed = store.get().sessions;
      if (listed) store.set({ sessions: listed.filter(({ session_id }) => !answer.session_ids.includes(session_id)) });
      watch.refetch();
    }
    return answer;
  };

  const one = (id: string): string => `/sessions/${encodeURIComponent(id)}`;
  return {
    list: watch.list,
    get: async (id) => (await read(one(id), 'session_id')) as Session,
    revoke: (id) => end(one(id), { method: 'DELETE' }),
    revokeOthers: () => end('/sessions?scope=others', { method: 'DELETE' }),
    revokeAll: () => end('/revoke', { method: 'POST', body: { strategy: 'all' } }, true),
    async events(query = {}) {
      const words = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
      const trail = (await read(`/sessions/events?${new URLSearchParams(words)}`, 'events')) as Trail;
      return { events: trail.events, next: trail.next_cursor };
    },
    watch: watch.watch,
  };
}
