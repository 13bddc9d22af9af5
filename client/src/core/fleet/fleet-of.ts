/** What does an administrator see and end over all users? */

import type { FleetEventsResponse, SignInsResponse } from '../api-responses.js';
import { LatchkeyError } from '../errors.js';
import { authenticatedFetch } from '../fetch/fetch-of.js';
import { addOnOf } from '../runtime/add-ons.js';
import type { Internals } from '../runtime/context.js';
import { authenticatedRead, queryString } from '../sessions/read.js';
import { readResponse } from '../transport/response.js';
import type { Latchkey, RevokeResponse } from '../types.js';
import type { ExportFormat, ExportPage, Fleet, NetworkRevocation, Overview, Revocations, SearchResult } from './fleet-types.js';

/** Milliseconds. A page of an export has up to 500 events. */
const EXPORT_DEADLINE = 30_000;

const TYPES: Record<ExportFormat, string> = { csv: 'text/csv', ndjson: 'application/x-ndjson' };

/**
 * All users of the deployment; the same object each time it is called with the same client.
 *
 * ```ts
 * const fleet = fleetOf(latchkey);
 * const { events } = await fleet.events({ severity: 'high' });
 * await fleet.suspend('paul', 'account taken over');
 * ```
 */
export function fleetOf(client: Latchkey): Fleet {
  return addOnOf(client, fleet);
}

function fleet({ baseUrl, session, request, shareServerWait, backoffs, addOn }: Internals): Fleet {
  const via = addOn(authenticatedFetch);
  const read = addOn(authenticatedRead);

  const get = async <T>(path: string, query: object, expectedField: string): Promise<T> =>
    (await read(path + queryString(query), { expectedField })).body as T;
  const post = async <T>(body: object, expectedField: string): Promise<T> =>
    (await request('/revoke', { method: 'POST', body, expectedField }, via)).body as T;

  const exportEvents = async (format: ExportFormat, query: object): Promise<ExportPage> => {
    backoffs.read.throwIfWaiting();
    const response = await exported(format, queryString(query));
    const text = await response.text().catch(() => lost());
    try {
      // An error is a problem document, and any other type did not come from the API.
      const isExport = response.ok && (response.headers.get('content-type') ?? '').startsWith(TYPES[format]);
      if (!isExport) readResponse(response, response.ok ? '' : text, 'events');
    } catch (error) {
      shareServerWait('read', error as LatchkeyError);
      throw error;
    }
    return { text, next: response.headers.get('next-cursor') };
  };
  const exported = (format: ExportFormat, query: string): Promise<Response> =>
    via(`${baseUrl}/fleet/events${query}`, {
      credentials: session.tokens ? 'omit' : 'include',
      cache: 'no-store',
      redirect: 'manual',
      signal: AbortSignal.timeout(EXPORT_DEADLINE),
      headers: { accept: TYPES[format] },
    }).catch(() => lost());
  const lost = (): never => {
    throw new LatchkeyError('network', 'The server could not be reached');
  };

  return {
    overview: (hours) => get<Overview>('/fleet/overview', { hours }, 'hours'),
    async events(query = {}) {
      const { events, next_cursor: next } = await get<FleetEventsResponse>('/fleet/events', query, 'events');
      return { events, next };
    },
    exportEvents: (format, query = {}) => exportEvents(format, query),
    async signIns(network, query = {}) {
      const { network: name, sign_ins: signIns, next_cursor: next } = await get<SignInsResponse>('/fleet/sign-ins', { ...query, network }, 'sign_ins');
      return { network: name, signIns, next };
    },
    search: (text) => get<SearchResult>('/fleet/search', { q: text }, 'user'),
    revocations: (userId) => get<Revocations>('/revoke', { user_id: userId }, 'revocations'),
    suspend: (user_id, reason, until = null) => post<RevokeResponse>({ strategy: 'suspend', user_id, reason, until }, 'ended'),
    resume: async (user_id, reason) => (await post<{ resumed: boolean }>({ strategy: 'resume', user_id, reason }, 'resumed')).resumed,
    previewNetwork: (command) => post<NetworkRevocation>({ strategy: 'network', preview: true, ...command }, 'users'),
    endNetwork: (command) => post<NetworkRevocation>({ strategy: 'network', preview: false, ...command }, 'users'),
  };
}
