/** What can be asked about a user's sessions, and done about them? */

import type { Core } from './context.js';
import { authenticated } from './fetch.js';
import { query, reading, type Read } from './reading.js';
import type { Call } from './transport.js';
import type { Ended, EventPage, Latchkey, Session, Sessions } from './types.js';
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
  const { session, store, call, part } = core;
  const via = part(authenticated);
  const read = part(reading);
  const watch = watching(core, via);

  /** What ended leaves the list at once; the next poll brings the rest. */
  const end = async (path: string, how: Omit<Call, 'expect'>, all = false): Promise<Ended> => {
    const { owner } = session.epoch;
    const answer = (await call(path, { ...how, expect: 'ended' }, via)).body as Ended;
    const id = session.id();
    if (owner !== session.epoch.owner) return answer;
    if (all || (id !== null && answer.session_ids.includes(id))) session.end('signed_out');
    else {
      store.set({ sessions: without(store.get().sessions, answer) });
      watch.changed();
    }
    return answer;
  };

  return {
    list: watch.list,
    get: async (id) => (await read(pathOf(id), { expect: 'session_id' })).body as Session,
    revoke: (id) => end(pathOf(id), { method: 'DELETE' }),
    revokeOthers: () => end('/sessions?scope=others', { method: 'DELETE' }),
    revokeAll: () => end('/revoke', { method: 'POST', body: { strategy: 'all' } }, true),
    events: (words = {}) => trailOf(read, words),
    watch: watch.watch,
  };
}

/** Whatever an id is, it reaches no other endpoint. */
export function pathOf(id: string): string {
  return `/sessions/${encodeURIComponent(id)}`;
}

/** A list without what has ended. */
export function without(listed: readonly Session[] | null, { session_ids }: Ended): readonly Session[] | null {
  return listed && listed.filter(({ session_id }) => !session_ids.includes(session_id));
}

/** A page of the audit trail. */
export async function trailOf(read: Read, words: object): Promise<EventPage> {
  const { events, next_cursor } = (await read(`/sessions/events${query(words)}`, { expect: 'events' })).body as Trail;
  return { events, next: next_cursor };
}
