/** How are sessions and events read? With the token, and never while a server wait lasts, in this tab or in others. */

import type { EventListResponse, SessionListResponse } from '../api-responses.js';
import type { LatchkeyError } from '../errors.js';
import { authenticatedFetch } from '../fetch/fetch-of.js';
import type { Internals } from '../runtime/context.js';
import type { ApiResponse } from '../transport/response.js';
import type { ApiRequest } from '../transport/transport.js';
import type { EventPage, LatchkeyState, RevokeResponse, Session } from '../types.js';

/** Sends a read request. */
export type Read = (path: string, request: ApiRequest) => Promise<ApiResponse>;

/** The add-on that all read requests share. */
export function authenticatedRead({ backoffs, peersReady, shareServerWait, request, addOn }: Internals): Read {
  const via = addOn(authenticatedFetch);
  return async (path, what) => {
    await peersReady();
    backoffs.read.throwIfWaiting();
    try {
      return await request(path, what, via);
    } catch (error) {
      shareServerWait('read', error as LatchkeyError);
      throw error;
    }
  };
}

/** A page of the audit trail. */
export async function readEvents(read: Read, query: object): Promise<EventPage> {
  const { body } = await read(`/sessions/events${queryString(query)}`, { expectedField: 'events' });
  const { events, next_cursor } = body as EventListResponse;
  return { events, next: next_cursor };
}

/** The query string of these parameters, without the undefined ones. */
export function queryString(parameters: object): string {
  const defined = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return `?${defined.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`;
}

/** The path of a session; no id can lead to another endpoint. */
export function sessionPath(id: string): string {
  return `/sessions/${encodeURIComponent(id)}`;
}

/** The header of a conditional request, if there is a list to keep. */
export function ifNoneMatch(etag: string | null): Record<string, string> | undefined {
  return etag === null ? undefined : { 'if-none-match': etag };
}

/** The change of the state that a list makes; `null` is a list that has not changed. */
export function listChange(list: SessionListResponse | null): Partial<LatchkeyState> {
  return {
    ...(list && {
      userId: list.user_id,
      sessions: list.sessions,
      analytics: list.analytics ?? null,
      recommendations: list.recommendations ?? [],
      sessionLimit: list.session_limit,
    }),
    confirmedAt: Date.now(),
    stale: false,
  };
}

/** The list without the sessions that a call has ended. */
export function withoutEnded(sessions: readonly Session[] | null, { session_ids }: RevokeResponse): readonly Session[] | null {
  return sessions && sessions.filter(({ session_id }) => !session_ids.includes(session_id));
}
