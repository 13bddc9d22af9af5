/** How does a request reach the API? With a deadline, without following redirects. */

import { LatchkeyError } from '../errors.js';
import { readResponse, type ApiResponse } from './response.js';

/** Milliseconds. */
const DEADLINE = 10_000;

export type Fetch = typeof globalThis.fetch;

/** A request to the API. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object | undefined;
  readonly headers?: Record<string, string> | undefined;
  readonly keepalive?: boolean;
  /** A field that the API's response has. A 200 without it did not come from the API. */
  readonly expectedField: string;
}

export interface Transport {
  send(path: string, request: ApiRequest, fetch: Fetch): Promise<ApiResponse>;
  /** Ends every request under way, and rejects later ones. Requests with `keepalive` still reach the server. */
  abort(): void;
}

/** `credentials`: cookies are sent in cookie mode only, so that a leftover cookie never competes with a token. */
export function createTransport(baseUrl: string, credentials: 'include' | 'omit'): Transport {
  const running = new Set<() => void>();
  let aborted = false;

  const fetchResponse = async (path: string, request: ApiRequest, fetch: Fetch, signal: AbortSignal): Promise<ApiResponse> => {
    const { method = 'GET', body, headers, keepalive = false, expectedField } = request;
    const response = await fetch(baseUrl + path, {
      method,
      credentials,
      keepalive,
      signal,
      cache: 'no-store',
      // No endpoint redirects. A captive portal does, and must not receive the tokens.
      redirect: 'manual',
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    return readResponse(response, await response.text(), expectedField);
  };

  return {
    async send(path, request, fetch) {
      if (aborted) throw new LatchkeyError('network', 'The client was disposed');
      const controller = new AbortController();
      let stop = (_: LatchkeyError): void => {};
      // A `fetch` that the app supplied may ignore the signal, and React Native's signal carries no reason.
      const onStop = new Promise<never>((_, reject) => (stop = reject));
      const timer = setTimeout(() => {
        stop(new LatchkeyError('timeout', 'No response within 10 s'));
        controller.abort();
      }, DEADLINE);
      const dispose = (): void => {
        stop(new LatchkeyError('network', 'The client was disposed'));
        if (!request.keepalive) controller.abort();
      };
      running.add(dispose);
      try {
        return await Promise.race([fetchResponse(path, request, fetch, controller.signal), onStop]);
      } catch (error) {
        throw error instanceof LatchkeyError ? error : new LatchkeyError('network', 'The server could not be reached');
      } finally {
        clearTimeout(timer);
        running.delete(dispose);
      }
    },
    abort() {
      aborted = true;
      for (const dispose of running) dispose();
    },
  };
}
