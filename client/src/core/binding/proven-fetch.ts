/** How does a request prove that it comes from the holder of a key? With a proof in its header `DPoP` (RFC 9449). */

import { randomKey } from '../refresh-keys/refresh-keys.js';
import { isProblem, type Problem } from '../transport/response.js';
import type { Fetch } from '../transport/transport.js';
import { base64url } from '../util/base64url.js';
import { originOf } from '../util/url.js';
import type { DeviceKey } from './device-keys.js';

/** The errors after which a new proof may pass, with the nonce and the time of the response. */
export const REFUSED_PROOF = /^(use_dpop_nonce|invalid_dpop_proof)$/;
const CHALLENGE = /^DPoP\b.*\berror="?(\w+)/i;

/** Sends a request with a proof, and with the access token that the key belongs to. */
export type ProvenFetch = (key: DeviceKey, input: Parameters<Fetch>[0], init?: RequestInit, accessToken?: string) => Promise<Response>;

/** The nonce that a server demands, and the milliseconds by which its clock is ahead. */
interface ServerFacts {
  readonly nonce: string | null;
  readonly ahead: number | undefined;
}

export interface Proofs {
  /** Sends a request as it is, and notes what the response shows of its server. */
  readonly fetch: Fetch;
  readonly provenFetch: ProvenFetch;
}

/** `clockOffset`: the milliseconds by which the clock of the API is ahead, for servers that hide their own. */
export function createProofs(send: Fetch, clockOffset: () => number): Proofs {
  const servers = new Map<string | null, ServerFacts>();

  const prove = async ({ privateKey, jwk }: DeviceKey, method: string, { origin, pathname }: URL, accessToken?: string): Promise<string> => {
    const { nonce, ahead = clockOffset() } = servers.get(origin) ?? {};
    const claims = {
      jti: randomKey(),
      htm: method.toUpperCase(),
      htu: origin + pathname,
      iat: Math.floor((Date.now() + ahead) / 1000),
      ...(nonce && { nonce }),
      ...(accessToken && { ath: base64url(await crypto.subtle.digest('SHA-256', bytes(accessToken))) }),
    };
    const signed = [{ typ: 'dpop+jwt', alg: 'ES256', jwk }, claims].map((part) => base64url(bytes(JSON.stringify(part)))).join('.');
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey as CryptoKey, bytes(signed));
    return `${signed}.${base64url(signature)}`;
  };
  const fetch: Fetch = async (input, init) => {
    const response = await send(input, init);
    const { headers } = response;
    const origin = originOf(typeof input === 'object' && 'url' in input ? input.url : input);
    const date = Date.parse(headers.get('date') ?? '');
    const before = servers.get(origin);
    servers.set(origin, { nonce: headers.get('dpop-nonce') ?? before?.nonce ?? null, ahead: date ? date - Date.now() : before?.ahead });
    return response;
  };

  const provenFetch: ProvenFetch = async (key, input, init, accessToken) => {
    const request = typeof input === 'object' && 'url' in input ? input : null;
    const url = new URL(request?.url ?? String(input), globalThis.location?.href);
    const method = init?.method ?? request?.method ?? 'GET';
    const isStream = typeof (init?.body as ReadableStream | undefined)?.getReader === 'function';
    for (let isLast = isStream; ; isLast = true) {
      const headers = new Headers(init?.headers ?? request?.headers);
      headers.set('dpop', await prove(key, method, url, accessToken));
      if (accessToken) headers.set('authorization', `DPoP ${accessToken}`);
      const response = await fetch(request ? request.clone() : input, { ...init, headers });
      if (isLast || !REFUSED_PROOF.test(await errorOf(response))) return response;
    }
  };
  return { fetch, provenFetch };
}

/** The error of a refused proof: the code of a problem document, or the challenge of another server. */
export async function errorOf(response: Response): Promise<string> {
  const { status, headers } = response;
  if (status !== 400 && status !== 401) return '';
  const { code } = isProblem(headers) ? ((await response.clone().json().catch(() => ({}))) as Problem) : {};
  return String(code ?? CHALLENGE.exec(headers.get('www-authenticate') ?? '')?.[1]);
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
