/** The key that a server sends with a refresh in the name of a browser. */

import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { renewalKey } from '../../src/server/renewal-key.js';

const SECRET = 's'.repeat(32);

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the key of a renewal', () => {
  test('is an HMAC of the token and the device, in the characters of a key', async () => {
    const key = await renewalKey({ renewalSecret: SECRET }, true)('token', 'device');
    const text = JSON.stringify(['latchkey refresh', 'token', 'device']);
    expect(key).toBe(createHmac('sha256', SECRET).update(text).digest('base64url'));
    expect(key).toMatch(/^[\w-]{43}$/);
  });

  test('is the same on all servers, and differs by secret, token and device', async () => {
    const keys = [SECRET, SECRET, SECRET.toUpperCase()].flatMap((renewalSecret) =>
      ['token', 'tokens'].flatMap((token) => ['device', ''].map((device) => renewalKey({ renewalSecret }, true)(token, device))),
    );
    const made = await Promise.all(keys);
    expect(made.slice(0, 4)).toEqual(made.slice(4, 8));
    expect(new Set(made).size).toBe(8);
  });
});

describe('the secret', () => {
  const keyWith = (renewalSecret: string | undefined, secure = true): Promise<string> => renewalKey({ renewalSecret }, secure)('token', 'device');

  test('is that of the environment unless the option has one', async () => {
    const expected = await keyWith(SECRET);
    vi.stubEnv('LATCHKEY_RENEWAL_SECRET', SECRET);
    expect(await keyWith(undefined)).toBe(expected);
    expect(await keyWith('o'.repeat(32))).not.toBe(expected);
  });

  test('is needed, with 32 characters or more, and no error contains it', () => {
    const message = /^renewalSecret: expected a secret of 32 characters or more, .* Set LATCHKEY_RENEWAL_SECRET/;
    for (const secret of [undefined, '', 's'.repeat(31)]) {
      let error: unknown;
      try {
        renewalKey({ renewalSecret: secret }, true);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toMatch(message);
      expect((error as TypeError).message).not.toContain('sss');
    }
    vi.stubEnv('LATCHKEY_RENEWAL_SECRET', 'short');
    expect(() => renewalKey({}, true)).toThrow(message);
    expect(() => renewalKey({}, false)).toThrow(message);
  });

  test('is a random one of the process on a laptop', async () => {
    const key = await keyWith(undefined, false);
    expect(await keyWith(undefined, false)).toBe(key);
    vi.stubGlobal('process', undefined);
    expect(await keyWith(undefined, false)).toBe(key);
    expect(() => renewalKey({}, true)).toThrow(TypeError);
    vi.unstubAllGlobals();
    vi.resetModules();
    const again = await import('../../src/server/renewal-key.js');
    expect(await again.renewalKey({}, false)('token', 'device')).not.toBe(key);
  });
});
