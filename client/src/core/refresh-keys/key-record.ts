/**
 * Which keys does the next refresh send? The server accepts an older refresh token from a client that knows the key of a later
 * refresh. These are the rules by which the record of a client's keys changes; they do no I/O.
 *
 * The record names no session: the server hashes a key together with the session, so that the key of one proves nothing for
 * another. It holds no token either, and a key alone is of no use.
 */
export interface KeyRecord {
  /** The newest first. */
  readonly keys: readonly string[];
  /**
   * When the response arrived whose tokens the newest key made, by this device's clock, in milliseconds. `null` while the key is
   * pending, and 0 once it must not be the newest key of a request again.
   */
  readonly doneAt: number | null;
}

/** The server knows the keys of three generations. */
const MOST_KEYS = 3;
/** Milliseconds. The server returns the tokens of a rotation again for ten minutes, to the key that made it. */
const LONGEST_ADOPTION = 300_000;
/** The server would refuse every request with another key. */
const KEY = /^[\w-]{16,64}$/;

/** The record that is stored, unless it is damaged. */
export function parseRecord(stored: unknown): KeyRecord | undefined {
  const { keys, doneAt } = Object(stored) as { readonly keys?: unknown; readonly doneAt?: unknown };
  const isKnown = Array.isArray(keys) && keys[0] && keys.every((key) => KEY.test(String(key))) && (doneAt === null || typeof doneAt === 'number');
  return isKnown ? (stored as KeyRecord) : undefined;
}

/**
 * The record with a refresh that is about to be sent. `knownSince` is when this tab last received a token or the status.
 *
 * A pending key is sent again, because its response may have been lost with its tab, or has shown that it made no tokens. So is
 * the key of a refresh that another tab has completed since `knownSince`: the server returns the tokens of that rotation. A page
 * that was opened later uses a new key, because a browser that crashed may have lost the cookies of that refresh but not the record.
 */
export function beginRefresh(record: KeyRecord | undefined, newKey: string, knownSince: number, now: number): KeyRecord {
  if (record && record.doneAt !== null && isNews(record.doneAt, knownSince, now)) return record;
  return beginSignIn(record, newKey);
}

/**
 * The record with a sign-in that is about to be sent. The keys before stay, because the present session goes on if the sign-in
 * fails. A pending key is sent again, so that sign-ins that fail do not push these keys out.
 */
export function beginSignIn(record: KeyRecord | undefined, newKey: string): KeyRecord {
  if (record?.doneAt === null) return record;
  return { keys: [newKey, ...(record?.keys ?? [])].slice(0, MOST_KEYS), doneAt: null };
}

/** The record after a response to `keys`. A newer key of another tab stays. */
export function endAttempt(record: KeyRecord | undefined, keys: readonly string[], doneAt: number): KeyRecord {
  return record && record.keys[0] !== keys[0] ? record : { keys, doneAt };
}

/** Whether another tab has refreshed since, by a clock that was not set back meanwhile. */
function isNews(doneAt: number, knownSince: number, now: number): boolean {
  return doneAt > knownSince && doneAt <= now && now - doneAt < LONGEST_ADOPTION;
}
