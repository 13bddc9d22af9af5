/** Does a request prove that it holds the key of its access token? A token without a key needs no proof. */

import type { AccessTokenClaims } from '../claims.js';
import type { Credential } from '../credential.js';
import { AccessTokenError, DpopProofError } from '../errors.js';
import type { RequestHead } from '../request-head.js';
import { parseBaseUrl } from './http-uri.js';
import { verifyProof } from './proof.js';
import { createSeenProofs } from './seen-proofs.js';

/** How the guard checks access tokens that are bound to a key. */
export interface ProofOptions {
  /**
   * The URLs with which the public URLs of this service begin: `https://api.example.com`, or `https://example.com/shop` behind a
   * gateway that removes `/shop`. Without them, access tokens that are bound to a key (`token_type: "DPoP"`) are refused: a proof
   * names the URL that it is for, and the header `Host` cannot confirm it, because a caller chooses that header. Default: none.
   */
  readonly publicUrls?: readonly string[] | undefined;
  /** As in `VerifyOptions`. */
  readonly now?: (() => number | Promise<number>) | undefined;
}

/**
 * Returns the check of the proof for a token whose signature and claims are verified. A bound token passes only with the scheme
 * `DPoP` and a proof of its key, never as Bearer and never as a cookie.
 *
 * The function throws a {@link DpopProofError} for the proof, and an {@link AccessTokenError} for a token that has no key, or if
 * `publicUrls` is not set.
 *
 * @throws {TypeError} `publicUrls` has an entry that is no URL.
 */
export function requireProof({ publicUrls, now = () => Date.now() }: ProofOptions) {
  const bases = publicUrls?.map((url) => parseBaseUrl(url, 'publicUrls'));
  const seen = createSeenProofs();
  return async (head: RequestHead, { scheme, token }: Credential, { cnf }: AccessTokenClaims): Promise<void> => {
    if (!cnf) {
      if (scheme === 'dpop') throw new AccessTokenError('not_bound');
      return;
    }
    if (scheme !== 'dpop') throw new DpopProofError('scheme');
    if (!bases) throw new AccessTokenError('public_urls');
    await verifyProof(head.values('dpop'), {
      method: head.method,
      bases,
      path: head.target,
      accessToken: token,
      thumbprint: cnf.jkt,
      now: Math.floor((await now()) / 1000),
      seen,
    });
  };
}
