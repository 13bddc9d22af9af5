/** A client that holds a key, made with `jose` alone. */

import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface KeyHolder {
  readonly thumbprint: string;
  /** A proof for a request, with or without an access token; `claims` replaces some of its claims. */
  prove(method: string, url: string, accessToken?: string, claims?: Record<string, unknown>): Promise<string>;
}

/** A holder of a new key, or of the key of another library. */
export async function makeKeyHolder(keyPair?: CryptoKeyPair): Promise<KeyHolder> {
  const { publicKey, privateKey } = keyPair ?? (await generateKeyPair('ES256'));
  const jwk = await exportJWK(publicKey);
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    async prove(method, url, accessToken, claims) {
      const hash = async (text: string): Promise<string> =>
        base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
      const all = {
        jti: crypto.randomUUID(),
        htm: method,
        htu: url,
        iat: Math.floor(Date.now() / 1000),
        ...(accessToken !== undefined && { ath: await hash(accessToken) }),
        ...claims,
      };
      return new SignJWT(all).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk }).sign(privateKey);
    },
  };
}
