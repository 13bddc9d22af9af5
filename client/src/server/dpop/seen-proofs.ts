/**
 * Was this proof used before? A thief with a copied request could send it again while its proof is valid.
 *
 * Only for unsafe methods, because browsers and proxies send identical safe requests again. The memory is that of one instance, so
 * another instance of the service accepts the proof once more (RFC 9449 section 11.1).
 */

/** About 2 MB. Above it the oldest is forgotten, because a flood of requests must not fill the memory. */
const MOST_PROOFS = 10_000;

export interface SeenProofs {
  /** Remembers a proof until `until`, in seconds; returns false if it is remembered already. */
  add(name: string, until: number, now: number): boolean;
}

export function createSeenProofs(most = MOST_PROOFS): SeenProofs {
  /** In the order of their arrival, so that the first ones are the first to expire, give or take the leeway. */
  const seen = new Map<string, number>();
  return {
    add(name, until, now) {
      if ((seen.get(name) ?? -Infinity) >= now) return false;
      for (const [oldest, end] of seen) {
        if (end >= now && seen.size < most) break;
        seen.delete(oldest);
      }
      seen.delete(name);
      seen.set(name, until);
      return true;
    },
  };
}
