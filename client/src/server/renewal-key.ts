/**
 * Which `Idempotency-Key` does a refresh in the name of a browser carry? The same on all servers of the app, because the pages that a
 * browser loads at the same time may be rendered by several: they are then one refresh, and no theft.
 *
 * The key changes after five minutes. The app makes it for every page request with the token, also for a thief's that shows the device of
 * the user. With one key for ever, the server would take such a thief and the user for the same client.
 */

/** Where the key comes from. */
export interface RenewalKeyOptions {
  /**
   * A secret of your app, the same on all its servers: at least 32 characters, for example the output of
   * `openssl rand -base64 32`. Latchkey does not need it. Default: the environment variable `LATCHKEY_RENEWAL_SECRET`; with
   * `cookieSecure: false`, on a laptop, a random one of this process.
   */
  readonly renewalSecret?: string | undefined;
}

/** A refresh in the name of a browser. */
export interface Renewal {
  readonly token: string;
  readonly device: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Makes the keys of a refresh: its own, and those of the period before and after, because the clocks of servers differ. */
export type RenewalKeys = (renewal: Renewal) => Promise<readonly [own: string, before: string, after: string]>;

const VARIABLE = 'LATCHKEY_RENEWAL_SECRET';
const SHORTEST_SECRET = 32;
/** Milliseconds in which the servers of the app make the same key. */
const PERIOD = 300_000;

let ofThisProcess: string | undefined;

/**
 * Returns the function that makes the keys: an HMAC, because a thief with a token must not be able to compute its key. It contains the
 * device, so that a stolen token that is sent to the app from another device gets another key and is noticed.
 *
 * @throws {TypeError} There is no secret, or it is too short.
 */
export function renewalKeys({ renewalSecret }: RenewalKeyOptions, cookieSecure: boolean): RenewalKeys {
  const secret = renewalSecret ?? (environment()[VARIABLE] || (cookieSecure ? '' : (ofThisProcess ??= randomSecret())));
  if (secret.length < SHORTEST_SECRET) {
    throw new TypeError(
      `renewalSecret: expected a secret of ${SHORTEST_SECRET} characters or more, the same on all servers of the app. ` +
        `Set ${VARIABLE}, for example to the output of \`openssl rand -base64 32\``,
    );
  }
  return async ({ token, device, now }) => {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', encoded(secret), algorithm, false, ['sign']);
    const period = Math.floor(now / PERIOD);
    const keyOf = async (of: number): Promise<string> => {
      const mac = await crypto.subtle.sign('HMAC', key, encoded(JSON.stringify(['latchkey refresh', token, device, of])));
      return base64url(new Uint8Array(mac));
    };
    return Promise.all([keyOf(period), keyOf(period - 1), keyOf(period + 1)]);
  };
}

/** Workers have no `process`, and their secrets are in bindings: there the option is needed. */
function environment(): Readonly<Record<string, string | undefined>> {
  return (globalThis as { readonly process?: { readonly env?: Record<string, string | undefined> } }).process?.env ?? {};
}

function randomSecret(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

const encoded = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
