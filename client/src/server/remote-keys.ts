/**
 * What are the issuer's public keys now? They are fetched when needed and cached, also through an outage of the issuer.
 *
 * A set is fresh for 5 minutes. An unknown `kid` causes another fetch, at most every 10 seconds, even if the fetch
 * fails, because an attacker could otherwise flood the issuer with made-up key ids. During an outage the last set is
 * used for an hour, as long as the last token that its keys signed is valid.
 *
 * The remote set of `jose` does not do: it has no cool-down after a failure, and no keys during an outage.
 */

import { errors, type CompactJWSHeaderParameters, type CryptoKey } from 'jose';
import { VerificationUnavailableError } from './errors.js';
import { publicKeys, type FindKey } from './public-keys.js';
import { isEdge, noStore } from './runtime.js';

/** A function such as the global `fetch`. */
export type Fetch = typeof globalThis.fetch;

const FRESH_MS = 300_000;
const COOLDOWN_MS = 10_000;
const STALE_MS = 3_600_000;
const RETRY_MS = 2_000;
const TIMEOUT_MS = 2_000;

/** The keys of one URL. */
export class RemoteKeys {
  readonly #url: URL;
  readonly #fetch: Fetch;
  #keys: FindKey | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(url: URL, fetch: Fetch) {
    this.#url = url;
    this.#fetch = fetch;
  }

  /**
   * The one key that fits a token's header.
   *
   * @throws {VerificationUnavailableError} No set is cached, and none could be fetched.
   * @throws {errors.JOSEError} No key fits, or several do.
   */
  readonly find = async (header: CompactJWSHeaderParameters): Promise<CryptoKey> => {
    const keys = await this.#current();
    try {
      return await keys(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refetch();
      return (this.#keys ?? keys)(header);
    }
  };

  async #current(): Promise<FindKey> {
    if (this.#keys && age(this.#fetchedAt) < FRESH_MS) return this.#keys;
    if (this.#keys && age(this.#fetchedAt) < STALE_MS) {
      if (age(this.#attemptedAt) >= COOLDOWN_MS) await this.#fetchKeys().catch(() => undefined);
      return this.#keys;
    }
    if (!this.#pending && age(this.#attemptedAt) < RETRY_MS) {
      throw new VerificationUnavailableError('The keys could not be fetched, and the next attempt is not due yet');
    }
    await this.#fetchKeys();
    if (!this.#keys) throw new VerificationUnavailableError('The keys could not be fetched');
    return this.#keys;
  }

  async #refetch(): Promise<void> {
    const canJoin = this.#pending && !isEdge();
    if (!canJoin && age(this.#attemptedAt) < COOLDOWN_MS) return;
    await this.#fetchKeys().catch(() => undefined);
  }

  /** Callers share one fetch, except on the edge, where a request may not wait for the I/O of another request. */
  #fetchKeys(): Promise<void> {
    if (this.#pending && !isEdge()) return this.#pending;
    this.#attemptedAt = Date.now();
    const pending = this.#load().finally(() => {
      if (this.#pending === pending) this.#pending = undefined;
    });
    this.#pending = pending;
    return pending;
  }

  async #load(): Promise<void> {
    const startedAt = Date.now();
    try {
      // Called without `this`, because edge runtimes require that for the global `fetch`.
      const fetch = this.#fetch;
      const response = await fetch(this.#url, {
        headers: { accept: 'application/json' },
        ...noStore(), // frameworks that patch fetch would cache the set for ever
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status !== 200) throw new TypeError(`the response has status ${response.status}`);
      this.#keys = publicKeys(await response.json());
      this.#fetchedAt = startedAt;
    } catch (cause) {
      throw new VerificationUnavailableError('The keys could not be fetched', undefined, { cause });
    }
  }
}

/** Milliseconds since `time`, or until it: a clock that was set back must not make a set fresh for longer. */
function age(time: number): number {
  return Math.abs(Date.now() - time);
}
