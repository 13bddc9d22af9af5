/**
 * What are the issuer's public keys now? Fetched when needed, kept, and forgiving of the issuer's outages.
 *
 * A set is fresh for 5 min. An unknown `kid` has it fetched again, at most every 10 s, whether that fetch
 * succeeds or not: tokens with made-up ids must not become requests to the issuer. When the issuer is down,
 * the last good set serves for an hour, as long as the last tokens it signed.
 *
 * jose's own remote set has its cool-down after a success only and no answer while the issuer is down.
 */

import { errors, type CompactJWSHeaderParameters, type CryptoKey } from 'jose';
import { CannotTellError } from './errors.js';
import { publicKeys, type FindKey } from './public-keys.js';

/** A `fetch`, such as the global one. */
export type Fetch = typeof globalThis.fetch;

const FRESH_MS = 300_000;
const COOL_DOWN_MS = 10_000;
const KEPT_MS = 3_600_000;
const RETRY_MS = 2_000;
const TIMEOUT_MS = 2_000;

/** The keys at one URL. */
export class RemoteKeys {
  readonly #url: URL;
  readonly #fetch: Fetch;
  #keys: FindKey | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #flight: Promise<void> | undefined;

  constructor(url: URL, fetch: Fetch) {
    this.#url = url;
    this.#fetch = fetch;
  }

  /**
   * The one key that fits a token's header.
   *
   * @throws {CannotTellError} There is no set, and it cannot be fetched.
   * @throws {errors.JOSEError} No single key fits.
   */
  async find(header: CompactJWSHeaderParameters): Promise<CryptoKey> {
    const keys = await this.#current();
    try {
      return await keys(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#lookAgain();
      return (this.#keys ?? keys)(header);
    }
  }

  async #current(): Promise<FindKey> {
    if (this.#keys && since(this.#fetchedAt) < FRESH_MS) return this.#keys;
    if (this.#keys && since(this.#fetchedAt) < KEPT_MS) {
      if (since(this.#triedAt) >= COOL_DOWN_MS) await this.#fetchKeys().catch(() => undefined);
      return this.#keys;
    }
    if (!this.#flight && since(this.#triedAt) < RETRY_MS) {
      throw new CannotTellError('The keys could not be fetched a moment ago');
    }
    await this.#fetchKeys();
    if (!this.#keys) throw new CannotTellError('The keys cannot be fetched');
    return this.#keys;
  }

  async #lookAgain(): Promise<void> {
    const awaitable = this.#flight && !isEdge();
    if (!awaitable && since(this.#triedAt) < COOL_DOWN_MS) return;
    await this.#fetchKeys().catch(() => undefined);
  }

  /** One flight however many wait for it; not on the edge, where a request may not wait for another's. */
  #fetchKeys(): Promise<void> {
    if (this.#flight && !isEdge()) return this.#flight;
    this.#triedAt = Date.now();
    const flight = this.#load().finally(() => {
      if (this.#flight === flight) this.#flight = undefined;
    });
    this.#flight = flight;
    return flight;
  }

  async #load(): Promise<void> {
    const startedAt = Date.now();
    try {
      // Called without `this`, as the global one must be on edge runtimes.
      const fetch = this.#fetch;
      const response = await fetch(this.#url, {
        headers: { accept: 'application/json' },
        cache: 'no-store', // frameworks that patch fetch would keep a set for ever
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status !== 200) throw new TypeError(`the answer has status ${response.status}`);
      this.#keys = publicKeys(await response.json());
      this.#fetchedAt = startedAt;
    } catch (cause) {
      throw new CannotTellError('The keys cannot be fetched', undefined, { cause });
    }
  }
}

/** Milliseconds between then and now; a clock that was set back makes a set old, not fresh for longer. */
function since(then: number): number {
  return Math.abs(Date.now() - then);
}

function isEdge(): boolean {
  const isWorkers = typeof navigator !== 'undefined' && navigator.userAgent === 'Cloudflare-Workers';
  return isWorkers || 'EdgeRuntime' in globalThis;
}
