/** An issuer for tests: keys, tokens as Latchkey signs them, and tokens as an attacker forges them. */

import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTHeaderParameters } from 'jose';
import type { Fetch } from '../../../src/server/index.js';

export const ISSUER = 'https://app.example.com/api/auth';
export const AUDIENCE = 'shop';
export const SESSION = '01930b5e-3c00-7abc-8def-0123456789ab';

/** The second at which the tokens of these tests are issued. */
export const NOW = 1_732_442_400;

export interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function makeKey(alg: 'ES256' | 'EdDSA' | 'RS256' | 'ES384', kid: string = alg): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicKey, jwk };
}

export function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: ISSUER,
    sub: 'alice',
    aud: AUDIENCE,
    client_id: AUDIENCE,
    iat: NOW,
    exp: NOW + 3600,
    jti: 'j',
    sid: SESSION,
    auth_time: NOW,
    scope: 'orders:read orders:write',
    ...changes,
  };
}

/** A token with any claims and any header; `undefined` removes one. */
export async function mint(
  key: Key,
  changes: Record<string, unknown> = {},
  header: { [Name in keyof JWTHeaderParameters]?: JWTHeaderParameters[Name] | undefined } = {},
): Promise<string> {
  const full = { alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header };
  const present = Object.fromEntries(Object.entries(full).filter(([, value]) => value !== undefined));
  const critical = Object.fromEntries((header.crit ?? []).map((name) => [name, true]));
  return new SignJWT(claims(changes))
    .setProtectedHeader(present as JWTHeaderParameters)
    .sign(key.privateKey, { crit: critical });
}

/** A forged token, assembled from its parts. */
export function forge(header: object, payload: object, signature = ''): string {
  return `${encode(JSON.stringify(header))}.${encode(JSON.stringify(payload))}.${signature}`;
}

/** HS256 with the public key as the secret: a verifier accepts it if the header may choose the algorithm. */
export async function signWithPublicKey(key: Key): Promise<string> {
  const secret = new TextEncoder().encode(await exportSPKI(key.publicKey));
  return new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: key.kid, typ: 'at+jwt' }).sign(secret);
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

export interface Network {
  readonly fetch: Fetch;
  /** Every request so far, as method and URL. */
  readonly requests: string[];
  /** Sets the response to later requests. */
  answer(reply: () => Response | Promise<Response>): void;
}

/** A network on which every request gets the same response. */
export function network(first: () => Response | Promise<Response>): Network {
  let reply = first;
  const requests: string[] = [];
  return {
    requests,
    answer: (next) => {
      reply = next;
    },
    fetch: async (input, init) => {
      requests.push(`${init?.method ?? 'GET'} ${input instanceof Request ? input.url : String(input)}`);
      return reply();
    },
  };
}

/** The issuer's published keys. */
export function published(...keys: readonly Key[]): () => Response {
  return () => Response.json({ keys: keys.map((key) => key.jwk) });
}

export function unreachable(): Promise<Response> {
  return Promise.reject(new TypeError('fetch failed'));
}
