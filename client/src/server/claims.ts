/** Are these the claims of an access token, for us, and is it their time? *Source*: RFC 9068 section 2.2. */

import { AccessTokenError } from './errors.js';

/** What a good access token says. Times are in seconds since 1970. */
export interface AccessTokenClaims {
  /** Who minted it. */
  readonly iss: string;
  /** The user. */
  readonly sub: string;
  /** For whom: one text, never a list. */
  readonly aud: string;
  /** The client: with Latchkey, the audience. */
  readonly client_id: string;
  /** When it was minted. */
  readonly iat: number;
  /** When it ends. */
  readonly exp: number;
  /** Not before, if it says so. */
  readonly nbf?: number;
  /** A name for this one token. */
  readonly jti: string;
  /** The session. */
  readonly sid: string;
  /** When the user last proved who they are; 0 when nobody knows. */
  readonly auth_time: number;
  /** What the caller may do: words with spaces between them, empty when there is nothing. */
  readonly scope: string;
}

/** How far ahead of our clock `iat` and `nbf` may be. `exp` has no leeway: an ended token is ended. */
const LEEWAY_SECONDS = 30;

const SESSION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const USER_ID_MAX_BYTES = 128;

/** Whose tokens are taken, and for whom they must be. */
export interface Expected {
  readonly issuer: string;
  readonly audience: string;
}

/**
 * The claims in a payload whose signature holds, `now` being in seconds.
 *
 * @throws {AccessTokenError} `expired` comes last: only when everything else holds.
 */
export function accessTokenClaims(payload: Uint8Array, { issuer, audience }: Expected, now: number): AccessTokenClaims {
  const claims = parsed(payload);
  if (claims.iss !== issuer) throw new AccessTokenError('issuer');
  if (claims.aud !== audience) throw new AccessTokenError('audience');
  const latest = now + LEEWAY_SECONDS;
  if (claims.iat > latest || (claims.nbf ?? 0) > latest) throw new AccessTokenError('not_yet_valid');
  if (now >= claims.exp) throw new AccessTokenError('expired');
  return claims;
}

function parsed(payload: Uint8Array): AccessTokenClaims {
  const { iss, sub, aud, client_id, iat, exp, nbf, jti, sid, auth_time, scope = '' } = json(payload);
  const texts = isText(iss) && isText(aud) && isText(client_id) && isText(jti) && typeof scope === 'string';
  const times = isTime(iat) && isTime(exp) && isTime(auth_time) && (nbf === undefined || isTime(nbf));
  if (!texts || !times || !isUserId(sub) || !isText(sid) || !SESSION_ID.test(sid)) throw new AccessTokenError('claims');
  return { iss, sub, aud, client_id, iat, exp, ...(nbf !== undefined && { nbf }), jti, sid, auth_time, scope };
}

function json(payload: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Told below, without the text that could not be read.
  }
  throw new AccessTokenError('claims');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isUserId(value: unknown): value is string {
  return isText(value) && !/\p{Cc}/u.test(value) && new TextEncoder().encode(value).length <= USER_ID_MAX_BYTES;
}
