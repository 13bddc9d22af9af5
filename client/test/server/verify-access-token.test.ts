import { beforeAll, describe, expect, test } from 'vitest';
import { AccessTokenError, verifyAccessToken, type VerifyOptions } from '../../src/server/index.js';
import { setSeconds, useMovableClock } from './support/clock.js';
import { AUDIENCE, claims, forge, ISSUER, makeKey, mint, NOW, SESSION, signWithPublicKey, type Key } from './support/issuer.js';

useMovableClock();

let es256: Key;
let eddsa: Key;
let rs256: Key;
let es384: Key;
let stranger: Key;
let options: VerifyOptions;

beforeAll(async () => {
  es256 = await makeKey('ES256');
  eddsa = await makeKey('EdDSA');
  rs256 = await makeKey('RS256');
  es384 = await makeKey('ES384');
  stranger = await makeKey('ES256');
  options = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [es256.jwk, eddsa.jwk, rs256.jwk, es384.jwk] } };
});

async function refusal(token: string, changes: Partial<VerifyOptions> = {}): Promise<AccessTokenError> {
  const error: unknown = await verifyAccessToken(token, { ...options, ...changes }).catch((error: unknown) => error);
  if (!(error instanceof AccessTokenError)) expect.fail(`not an AccessTokenError: ${String(error)}`);
  return error;
}

async function rejectionOf(token: string, changes: Partial<VerifyOptions> = {}): Promise<string> {
  return (await refusal(token, changes)).reason;
}

describe('a valid token', () => {
  test('is accepted with each algorithm that Latchkey signs with', async () => {
    for (const key of [es256, eddsa, rs256]) {
      await expect(verifyAccessToken(await mint(key), options)).resolves.toEqual(claims());
    }
  });

  test('may spell its type either way', async () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
      await expect(verifyAccessToken(await mint(es256, {}, { typ }), options)).resolves.toMatchObject({ sub: 'alice' });
    }
  });

  test('may omit its kid if only one key fits', async () => {
    const token = await mint(es256, {}, { kid: undefined });
    await expect(verifyAccessToken(token, options)).resolves.toMatchObject({ sid: SESSION });
    const two = { keys: [es256.jwk, { ...stranger.jwk, kid: 'other' }] };
    expect(await rejectionOf(token, { jwks: two })).toBe('no_key');
  });

  test('has an empty scope if it has no scope claim', async () => {
    const token = await mint(es256, { scope: undefined });
    await expect(verifyAccessToken(token, options)).resolves.toMatchObject({ scope: '' });
  });
});

describe('the signature', () => {
  test('is required even if alg is none', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      expect(await rejectionOf(forge({ alg, typ: 'at+jwt' }, claims(), 'AA'))).toBe('algorithm');
    }
    expect(await rejectionOf(forge({ alg: 'none', typ: 'at+jwt' }, claims()))).toBe('malformed');
  });

  test('must not be an HMAC with the public key', async () => {
    expect(await rejectionOf(await signWithPublicKey(es256))).toBe('algorithm');
    expect(await rejectionOf(await signWithPublicKey(rs256))).toBe('algorithm');
  });

  test('must have an accepted algorithm, even if its key is in the set', async () => {
    expect(await rejectionOf(await mint(es384))).toBe('algorithm');
    const ps256 = forge({ alg: 'PS256', kid: 'RS256', typ: 'at+jwt' }, claims(), 'AA');
    expect(await rejectionOf(ps256)).toBe('algorithm');
  });

  test('must be by the key that kid names, not by one of another algorithm', async () => {
    expect(await rejectionOf(await mint(es256, {}, { kid: 'RS256' }))).toBe('no_key');
    expect(await rejectionOf(await mint({ ...stranger, kid: 'ES256' }))).toBe('signature');
    expect(await rejectionOf(await mint(stranger, {}, { kid: 'nobody' }))).toBe('no_key');
  });

  test('covers header and claims', async () => {
    const [header, payload, signature] = (await mint(es256)).split('.') as [string, string, string];
    const promoted = forge({}, claims({ scope: 'latchkey:admin' })).split('.')[1];
    expect(await rejectionOf(`${header}.${promoted}.${signature}`)).toBe('signature');
    const retyped = forge({ alg: 'ES256', kid: 'ES256', typ: 'AT+JWT' }, {}).split('.')[0];
    expect(await rejectionOf(`${retyped}.${payload}.${signature}`)).toBe('signature');
  });

  test('must not be by a key in the token itself', async () => {
    const header = { jwk: stranger.jwk, jku: 'https://evil.example/jwks.json', x5c: ['AA'], x5u: 'https://evil.example/x5u' };
    expect(await rejectionOf(await mint({ ...stranger, kid: 'ES256' }, {}, header))).toBe('signature');
    expect(await rejectionOf(await mint(stranger, {}, { ...header, kid: 'evil' }))).toBe('no_key');
  });

  test('must not be by a weak RSA key', async () => {
    const pair = await crypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) },
      true,
      ['sign', 'verify'],
    );
    const jwk = { ...(await crypto.subtle.exportKey('jwk', pair.publicKey)), kid: 'weak' };
    const input = forge({ alg: 'RS256', kid: 'weak', typ: 'at+jwt' }, claims()).slice(0, -1);
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', pair.privateKey, new TextEncoder().encode(input));
    const token = `${input}.${Buffer.from(signature).toString('base64url')}`;
    const jwks = { keys: [{ kty: 'RSA', kid: 'weak', n: jwk.n ?? '', e: jwk.e ?? '' }] };
    expect(await rejectionOf(token, { jwks })).toBe('signature');
  });
});

describe('the header', () => {
  test('must have the type of an access token', async () => {
    for (const typ of ['JWT', 'refresh+jwt', 'at+jwt2', 'xat+jwt', '', undefined]) {
      expect(await rejectionOf(await mint(es256, {}, { typ }))).toBe('type');
    }
  });

  test('must not have crit', async () => {
    expect(await rejectionOf(await mint(es256, {}, { crit: ['exp'], exp: NOW }))).toBe('critical_header');
    expect(await rejectionOf(await mint(es256, {}, { crit: ['b64'], b64: true }))).toBe('critical_header');
    expect(await rejectionOf(forge({ alg: 'ES256', typ: 'at+jwt', crit: [] }, claims(), 'AA'))).toBe('critical_header');
  });
});

describe('issuer and audience', () => {
  test('reject another issuer', async () => {
    for (const iss of ['https://evil.example', `${ISSUER}/`, ISSUER.toUpperCase()]) {
      expect(await rejectionOf(await mint(es256, { iss }))).toBe('issuer');
    }
  });

  test('reject another audience, and a list that contains the audience', async () => {
    expect(await rejectionOf(await mint(es256, { aud: 'other' }))).toBe('audience');
    expect(await rejectionOf(await mint(es256, { aud: [AUDIENCE, 'other'] }))).toBe('claims');
    expect(await rejectionOf(await mint(es256, { aud: [AUDIENCE] }))).toBe('claims');
  });
});

describe('the time', () => {
  test('of exp is the first second at which the token is rejected', async () => {
    const token = await mint(es256);
    setSeconds(NOW + 3599);
    await expect(verifyAccessToken(token, options)).resolves.toMatchObject({ sub: 'alice' });
    setSeconds(NOW + 3600);
    expect(await refusal(token)).toMatchObject({ code: 'token_expired', reason: 'expired' });
  });

  test('of exp is compared with the option now, which must return a number', async () => {
    const token = await mint(es256);
    const exp = NOW + 3600;
    await expect(verifyAccessToken(token, { ...options, now: () => exp * 1_000 - 1 })).resolves.toEqual(claims());
    expect(await rejectionOf(token, { now: () => Promise.resolve(exp * 1_000) })).toBe('expired');
    for (const time of [NaN, Infinity, -Infinity, undefined]) {
      await expect(verifyAccessToken(token, { ...options, now: () => time as number })).rejects.toThrow(/^now: /);
    }
  });

  test('of iat and nbf may be 60 seconds ahead, but not 61', async () => {
    for (const name of ['iat', 'nbf']) {
      await expect(verifyAccessToken(await mint(es256, { [name]: NOW + 60 }), options)).resolves.toBeTruthy();
      expect(await rejectionOf(await mint(es256, { [name]: NOW + 61 }))).toBe('not_yet_valid');
    }
  });

  test('is checked last, so that only otherwise valid tokens are expired', async () => {
    const over = { exp: NOW - 1 };
    expect((await refusal(await mint(es256, over))).code).toBe('token_expired');
    for (const wrong of [{ iss: 'x' }, { aud: 'x' }, { nbf: NOW + 61 }, { sid: 'x' }]) {
      expect((await refusal(await mint(es256, { ...over, ...wrong }))).code).toBe('invalid_token');
    }
    expect((await refusal(await mint({ ...stranger, kid: 'ES256' }, over))).code).toBe('invalid_token');
  });
});

describe('the claims', () => {
  test('of RFC 9068 are all required', async () => {
    for (const name of ['iss', 'sub', 'aud', 'client_id', 'iat', 'exp', 'jti', 'sid']) {
      expect(await rejectionOf(await mint(es256, { [name]: undefined })), `without ${name}`).toBe('claims');
    }
  });

  test('leave out the time of the sign-in if the identity provider does not send it', async () => {
    const claims = await verifyAccessToken(await mint(es256, { auth_time: undefined }), options);
    expect(claims).not.toHaveProperty('auth_time');
    await expect(verifyAccessToken(await mint(es256, {}), options)).resolves.toMatchObject({ auth_time: NOW });
  });

  test('must have their types', async () => {
    const wrong: [string, unknown][] = [
      ['exp', '9999999999'],
      ['exp', 1e300],
      ['exp', NOW + 0.5],
      ['exp', null],
      ['nbf', '0'],
      ['nbf', null],
      ['iat', '0'],
      ['auth_time', '0'],
      ['auth_time', null],
      ['sid', 'not-a-session'],
      ['sid', SESSION.toUpperCase()],
      ['sid', 7],
      ['sub', ''],
      ['sub', 7],
      ['sub', 'a\u0000b'],
      ['sub', 'x'.repeat(383)],
      ['scope', ['orders:read']],
      ['scope', null],
      ['client_id', ''],
      ['jti', 7],
    ];
    for (const [name, value] of wrong) {
      expect(await rejectionOf(await mint(es256, { [name]: value })), `${name} = ${String(value)}`).toBe('claims');
    }
    for (const length of [128, 129, 255, 382]) {
      await expect(verifyAccessToken(await mint(es256, { sub: 'x'.repeat(length) }), options)).resolves.toBeTruthy();
    }
  });

  test('must be an object', async () => {
    for (const payload of ['[]', 'null', '7', '{', '"x"', '\ufffd']) {
      const input = `${forge({ alg: 'ES256', kid: 'ES256', typ: 'at+jwt' }, {}).split('.')[0]}.${Buffer.from(payload).toString('base64url')}`;
      const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
      const signature = await crypto.subtle.sign(algorithm, es256.privateKey, new TextEncoder().encode(input));
      expect(await rejectionOf(`${input}.${Buffer.from(signature).toString('base64url')}`), payload).toBe('claims');
    }
  });
});

describe('a malformed token', () => {
  test('is rejected before anything is decoded', async () => {
    const good = await mint(es256);
    const odd = ['', 'x', 'a.b', 'a.b.c', 'a.b.c.d', `${good}.`, ` ${good}`, `${good}\n`, `${good}=`, good.replace('.', '..')];
    for (const token of odd) expect(await rejectionOf(token), token.slice(0, 20)).toBe('malformed');
    const long = await mint(es256, { scope: 'x'.repeat(8192) });
    expect(await rejectionOf(long)).toBe('malformed');
    expect(await rejectionOf(undefined as unknown as string)).toBe('malformed');
  });

  test('never appears in an error', async () => {
    const tokens = [await mint({ ...stranger, kid: 'ES256' }), await mint(es256, { exp: NOW - 1 }), await mint(stranger, {}, { kid: 'x' })];
    for (const token of tokens) {
      const error = await refusal(token);
      const text = JSON.stringify([error.message, error.stack, error.cause, { ...error }]);
      for (const part of token.split('.')) expect(text).not.toContain(part);
      expect(text).not.toContain('alice');
    }
  });
});

describe('options', () => {
  test('that are missing turn no check off', async () => {
    const token = await mint(es256);
    for (const name of ['issuer', 'audience']) {
      for (const value of [undefined, '', null]) {
        const wrong = { ...options, [name]: value } as VerifyOptions;
        await expect(verifyAccessToken(token, wrong), name).rejects.toThrow(TypeError);
      }
    }
  });

  test('accept keys only from https or from this machine', async () => {
    const token = await mint(es256);
    for (const jwks of ['http://keys.example/jwks.json', 'ftp://keys.example', 'nonsense', 'https://u:p@keys.example/']) {
      await expect(verifyAccessToken(token, { ...options, jwks })).rejects.toThrow(TypeError);
    }
    await expect(verifyAccessToken(token, { issuer: 'http://app.example.com', audience: 'x' })).rejects.toThrow(TypeError);
  });

  test('accept only a key set with a key that can verify', async () => {
    const token = await mint(es256);
    const { alg: _, ...bare } = es256.jwk;
    const { alg: __, ...bareEs384 } = es384.jwk;
    await expect(verifyAccessToken(token, { ...options, jwks: { keys: [bare] } })).resolves.toBeTruthy();
    const unusable = [
      { ...es256.jwk, use: 'enc' },
      { ...es256.jwk, key_ops: ['sign'] },
      { ...es256.jwk, alg: 'ES384' },
      { kty: 'oct', k: 'AAAA' },
      es384.jwk,
      bareEs384,
      { kty: 'OKP', crv: 'X25519', x: eddsa.jwk.x ?? '' },
    ];
    for (const jwk of unusable) {
      await expect(verifyAccessToken(token, { ...options, jwks: { keys: [jwk] } })).rejects.toThrow(TypeError);
    }
    await expect(verifyAccessToken(token, { ...options, jwks: { keys: [] } })).rejects.toThrow(TypeError);
  });
});
