/** Has the session of a token ended lately? The API's revocation feed answers it without a request for each token. */

import type { AccessTokenClaims } from '../claims.js';
import { AccessTokenError, VerificationUnavailableError } from '../errors.js';
import { introspection } from '../introspection.js';
import { getOrCreate, keySource, type FindKeyByHeader } from '../key-source.js';
import type { Fetch } from '../remote-keys.js';
import { currentTime, type VerifyOptions } from '../verify-access-token.js';
import { FeedRenewal, momentAfter, momentAt } from './renewal.js';

/** How the revocation feed is used. */
export interface FeedOptions {
  /**
   * The result of a request while the feed could not be renewed for 30 seconds:
   *
   * - `accept`: tokens are accepted until they expire, as without a feed. An outage of the feed refuses no request.
   * - `ask`: each request asks `/introspect`, as with `strict`.
   * - `refuse`: 503, so that no token of an ended session passes during an outage.
   *
   * There is no default, because it is a decision between availability and security.
   */
  readonly whenStale: 'accept' | 'ask' | 'refuse';
  /** Called when the feed was not renewed, for a log. */
  readonly onError?: ((error: Error) => void) | undefined;
}

type Check = (token: string, claims: AccessTokenClaims) => Promise<string>;

/** Guards with the same keys, `fetch` and issuer share one copy of the feed. */
const renewals = new WeakMap<FindKeyByHeader, WeakMap<Fetch, Map<string, FeedRenewal>>>();

/**
 * Returns the check of a token whose signature and claims are verified.
 *
 * It rejects with an {@link AccessTokenError} if the session has ended, and with a {@link VerificationUnavailableError} if that cannot
 * be decided.
 *
 * @throws {TypeError} `whenStale` is missing or not valid.
 */
export function feedCheck(options: VerifyOptions, { whenStale, onError }: FeedOptions): Check {
  const accept: Check = async (_, claims) => claims.scope;
  const checks: Readonly<Record<string, Check>> = { accept, ask: introspection(options), refuse: refuseStale };
  const checkStale = Object.hasOwn(checks, whenStale) ? checks[whenStale] : undefined;
  if (!checkStale) throw new TypeError('feed.whenStale: expected accept, ask or refuse');
  const renewal = sharedRenewal(options);
  return async (token, claims) => {
    const now = momentAt(await currentTime(options.now));
    await renewal.renew(now, onError);
    const { copy } = renewal;
    const finding = copy?.find(claims) ?? 'live';
    if (finding !== 'live') throw new AccessTokenError(finding === 'ended' ? 'ended' : 'inactive');
    // The copy has aged while the request waited.
    return copy?.isFresh(momentAfter(now)) ? claims.scope : checkStale(token, claims);
  };
}

function sharedRenewal(options: VerifyOptions): FeedRenewal {
  const { issuer, fetch = globalThis.fetch } = options;
  const findKey = keySource(options);
  const byFetch = getOrCreate(renewals, findKey, () => new WeakMap<Fetch, Map<string, FeedRenewal>>());
  const byIssuer = getOrCreate(byFetch, fetch, () => new Map<string, FeedRenewal>());
  return getOrCreate(byIssuer, issuer, () => new FeedRenewal(issuer, findKey, fetch));
}

function refuseStale(): Promise<never> {
  return Promise.reject(new VerificationUnavailableError('The revocation feed could not be renewed for 30 seconds'));
}
