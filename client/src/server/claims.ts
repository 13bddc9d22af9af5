/** Are these the claims of an access token for this API, and is the token valid now? *Source*: RFC 9068 section 2.2. */

import { AccessTokenError } from './errors.js';

/** The claims of a valid access token. Times are in seconds since 1970. */
export interface AccessTokenClaims {
  /** The issuer. */
  readonly iss: string;
  /** The user. */
  readonly sub: string;
  /** The audience: one string, never a list. */
  readonly aud: string;
  /** The client: in Latchkey's tokens the same as the audience. */
  readonly client_id: string;
  /** When it was issued. */
  readonly iat: number;
  /** When it expires. */
  readonly exp: number;
  /** Not valid before this time, if present. */
  readonly nbf?: number;
  /** The id of this token. */
  readonly jti: string;
  /** The id of the session. */
  readonly sid: string;
  /** When the session started. Tokens of earlier versions of Latchkey do not have it. */
  readonly sst?: number;
  /** When the user last authenticated, if the identity provider sends it. */
  readonly auth_time?: number;
  /** The permissions of the caller, separated by spaces; empty if there are none. */
  readonly scope: string;
  /** The key that the token is bound to (RFC 9449 section 6.1). Such a token is valid only together with a proof of that key. */
  readonly cnf?: { readonly jkt: string };
}

/**
 * How far the clocks of two servers may differ: the same as in `latchkey-verifier` and in the API. `iat` and `nbf` may be
 * that far ahead of the local clock. `exp` has no leeway, so that an expired token is never accepted.
 */
const LEEWAY_SECONDS = 60;

const SESSION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A SHA-256 thumbprint (RFC 7638). */
const THUMBPRINT = /^[\w-]{43}$/;
/** The 255 ASCII characters of OpenID Connect Core section 2, after the longest prefix that the server adds. */
const USER_ID_MAX_BYTES = 127 + 255;

/** The issuer and the audience that a token must have. */
export interface ExpectedClaims {
  readonly issuer: string;
  readonly audience: string;
}

/**
 * Checks the claims of a payload whose signature is verified; `now` is in seconds.
 *
 * @throws {AccessTokenError} The claims are not valid. `expired` only if everything else is.
 */
export function accessTokenClaims(payload: Uint8Array, { issuer, audience }: ExpectedClaims, now: number): AccessTokenClaims {
  const claims = parseClaims(payload);
  if (claims.iss !== issuer) throw new AccessTokenError('issuer');
  if (claims.aud !== audience) throw new AccessTokenError('audience');
  const latest = now + LEEWAY_SECONDS;
  if (claims.iat > latest || (claims.nbf ?? 0) > latest) throw new AccessTokenError('not_yet_valid');
  if (now >= claims.exp) throw new AccessTokenError('expired');
  return claims;
}

function parseClaims(payload: Uint8Array): AccessTokenClaims {
  const { iss, sub, aud, client_id, iat, exp, nbf, jti, sid, sst, auth_time, scope = '', cnf } = parseObject(payload);
  const hasStrings = isNonEmptyString(iss) && isNonEmptyString(aud) && isNonEmptyString(client_id) && isNonEmptyString(jti) && typeof scope === 'string';
  const hasTimes = isTime(iat) && isTime(exp) && [nbf, sst, auth_time].every((time) => time === undefined || isTime(time));
  if (!hasStrings || !hasTimes || !isUserId(sub) || !isNonEmptyString(sid) || !SESSION_ID.test(sid)) throw new AccessTokenError('claims');
  const optional = { ...(isTime(nbf) && { nbf }), ...(isTime(sst) && { sst }), ...(isTime(auth_time) && { auth_time }), ...(cnf !== undefined && { cnf: confirmation(cnf) }) };
  return { iss, sub, aud, client_id, iat, exp, jti, sid, scope, ...optional };
}

/** A confirmation of another kind is refused, because nothing here could check it. */
function confirmation(cnf: unknown): { readonly jkt: string } {
  const { jkt, ...others } = Object(cnf) as Record<string, unknown>;
  if (typeof jkt !== 'string' || !THUMBPRINT.test(jkt) || Object.keys(others).length > 0) throw new AccessTokenError('claims');
  return { jkt };
}

function parseObject(payload: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // The error below does not quote the payload.
  }
  throw new AccessTokenError('claims');
}

function isNonEmptyString(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isUserId(value: unknown): value is string {
  return isNonEmptyString(value) && !/\p{Cc}/u.test(value) && new TextEncoder().encode(value).length <= USER_ID_MAX_BYTES;
}
