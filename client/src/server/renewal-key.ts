/**
 * Which `Idempotency-Key` does a refresh in the name of a browser carry? The same on all servers of the app, because the pages that a
 * browser loads at the same time may be rendered by several: they are then one refresh, and no theft.
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

/** Makes the key of a refresh from the refresh token and the device. */
export type RenewalKey = (token: string, device: string) => Promise<string>;

const VARIABLE = 'LATCHKEY_RENEWAL_SECRET';
const SHORTEST_SECRET = 32;

let ofThisProcess: string | undefined;

/**
 * Returns the function that makes the key: an HMAC, because a thief with a token must not be able to compute its key. It contains the
 * device, so that a stolen token that is sent to the app from another device gets another key and is noticed.
 *
 * @throws {TypeError} There is no secret, or it is too short.
 */
export function renewalKey({ renewalSecret }: RenewalKeyOptions, cookieSecure: boolean): RenewalKey {
  const secret = renewalSecret ?? (environment()[VARIABLE] || (cookieSecure ? '' : (ofThisProcess ??= randomSecret())));
  if (secret.length < SHORTEST_SECRET) {
    throw new TypeError(
      `renewalSecret: expected a secret of ${SHORTEST_SECRET} characters or more, the same on all servers of the app. ` +
        `Set ${VARIABLE}, for example to the output of \`openssl rand -base64 32\``,
    );
  }
  return async (token, device) => {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', encoded(secret), algorithm, false, ['sign']);
    const mac = await crypto.subtle.sign('HMAC', key, encoded(JSON.stringify(['latchkey refresh', token, device])));
    return base64url(new Uint8Array(mac));
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
