/** A client that holds a key, made with `jose` alone. */

import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface KeyHolder {
  readonly thumbprint: string;
  /** A proof for a request with an access token; `claims` replaces some of its claims. */
  prove(method: string, url: string, accessToken: string, claims?: Record<string, unknown>): Promise<string>;
}

export async function makeKeyHolder(): Promise<KeyHolder> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    async prove(method, url, accessToken, claims) {
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
      const all = {
        jti: crypto.randomUUID(),
        htm: method,
        htu: url,
        iat: Math.floor(Date.now() / 1000),
        ath: base64url.encode(new Uint8Array(hash)),
        ...claims,
      };
      return new SignJWT(all).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk }).sign(privateKey);
    },
  };
}
