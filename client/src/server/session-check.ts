/** Is the session of a verified token still active? By `/introspect`, by the revocation feed, or without a check. */

import type { AccessTokenClaims } from './claims.js';
import { feedCheck, type FeedOptions } from './feed/feed-check.js';
import { introspection } from './introspection.js';
import type { VerifyOptions } from './verify-access-token.js';

/** How sessions are checked. */
export interface SessionCheckOptions extends VerifyOptions {
  readonly strict?: boolean | undefined;
  readonly feed?: FeedOptions | undefined;
}

/** Returns the scope that is granted. It rejects if the session has ended, or if that cannot be decided. */
export type SessionCheck = (token: string, claims: AccessTokenClaims) => Promise<string>;

/**
 * The check for these options.
 *
 * @throws {TypeError} An option is not valid.
 */
export function sessionCheck(options: SessionCheckOptions): SessionCheck {
  const { strict = false, feed } = options;
  const checkByFeed = feed && feedCheck(options, feed);
  if (strict) return introspection(options);
  return checkByFeed ?? (async (_, claims) => claims.scope);
}
