/** Is this text a revocation feed of the issuer? `docs/revocation-feed.md` defines the format, `verifier/vectors/feed.json` has cases. */

import type { FindKeyByHeader } from '../key-source.js';
import { signedPayload, type ExpectedToken } from '../signed-token.js';

/** The longest response of a Lambda function. It has room for 400,000 entries. */
export const FEED_MAX_BYTES = 6 * 1024 * 1024;

/** A feed that a cache or an attacker kept for longer is refused, even if there is no other feed to compare it with. */
const CLOCK_SKEW_SECONDS = 90;

const FEED: ExpectedToken = { maxLength: FEED_MAX_BYTES, typ: /^revocations\+jwt$/ };

/** A feed whose signature, issuer, form and time are right. Times are in seconds since 1970. */
export interface FeedDocument {
  readonly issuedAt: number;
  readonly notBefore: number | undefined;
  /** The minute since 1970 from which on the feed has entries. Without it, the feed has all. */
  readonly since: number | undefined;
  readonly ended: readonly bigint[];
}

/** The request whose answer a feed is, and the time of it in seconds. */
export interface FeedRequest {
  readonly issuer: string;
  readonly since: number | undefined;
  readonly now: number;
}

/**
 * Verifies the answer to a request.
 *
 * @throws {AccessTokenError} The answer is not signed by the issuer, or it is no feed.
 * @throws {TypeError} The feed is not valid.
 * @throws {VerificationUnavailableError} The keys are not available.
 */
export async function verifyFeed(text: string, request: FeedRequest, findKey: FindKeyByHeader): Promise<FeedDocument> {
  const { iss, iat, not_before, since, ended } = parseObject(await signedPayload(text, FEED, findKey));
  if (iss !== request.issuer) throw new TypeError('iss: the revocation feed is of another issuer');
  if (!isInteger(iat)) throw new TypeError('iat: expected an integer');
  if (Math.abs(iat - request.now) > CLOCK_SKEW_SECONDS) throw new TypeError('iat: the revocation feed is more than 90 seconds away from the local time');
  const notBefore = optionalInteger('not_before', not_before);
  // It comes from the clock of another server. A time of the future would refuse every session, and a copy never takes it back.
  if (notBefore !== undefined && notBefore > iat + CLOCK_SKEW_SECONDS) {
    throw new TypeError('not_before: the revocation of everyone is more than 90 seconds later than the feed');
  }
  const begins = optionalInteger('since', since);
  // A feed that begins later than requested has a gap: entries between both minutes would be missed.
  if (begins !== undefined && (request.since === undefined || begins > request.since)) {
    throw new TypeError('since: the revocation feed begins later than requested');
  }
  return { issuedAt: iat, notBefore, since: begins, ended: parseEntries(ended) };
}

/** The entry of a session: the second half of its id. */
export function entryOf(sessionId: string): bigint {
  return BigInt(`0x${sessionId.slice(19).replace('-', '')}`);
}

function parseEntries(text: unknown): bigint[] {
  if (typeof text !== 'string' || !/^[\w-]*$/.test(text)) throw new TypeError('ended: expected base64url without padding');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  if (binary.length % 8 !== 0) throw new TypeError('ended: expected entries of 8 bytes');
  const view = new DataView(Uint8Array.from(binary, (byte) => byte.charCodeAt(0)).buffer);
  const entries = Array.from({ length: binary.length / 8 }, (_, index) => view.getBigUint64(index * 8));
  const isSorted = entries.every((entry, index) => index === 0 || entry > (entries[index - 1] ?? entry));
  if (!isSorted) throw new TypeError('ended: expected sorted entries without repeats');
  return entries;
}

function parseObject(payload: Uint8Array): Record<string, unknown> {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  if (typeof value !== 'object' || value === null) throw new TypeError('the payload of the revocation feed is no object');
  return { ...value };
}

function optionalInteger(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isInteger(value)) throw new TypeError(`${name}: expected an integer`);
  return value;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
