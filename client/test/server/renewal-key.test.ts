/** The key that a server sends with a refresh in the name of a browser. */

import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { renewalKeys } from '../../src/server/renewal-key.js';

const SECRET = 's'.repeat(32);
const RENEWAL = { token: 'token', device: 'device', now: 0 };
const MINUTES_5 = 300_000;

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the key of a renewal', () => {
  test('is an HMAC of the token, the device and five minutes, in the characters of a key', async () => {
    const [key] = await renewalKeys({ renewalSecret: SECRET }, true)({ ...RENEWAL, now: 7 * MINUTES_5 + 1 });
    const text = JSON.stringify(['latchkey refresh', 'token', 'device', 7]);
    expect(key).toBe(createHmac('sha256', SECRET).update(text).digest('base64url'));
    expect(key).toMatch(/^[\w-]{43}$/);
  });

  test('is shown by servers whose clocks differ by five minutes, and not for longer', async () => {
    const keysAt = (now: number) => renewalKeys({ renewalSecret: SECRET }, true)({ ...RENEWAL, now });
    const [own, ...others] = await keysAt(10 * MINUTES_5);
    expect(new Set([own, ...others]).size).toBe(3);
    for (const apart of [-1, 0, 1]) expect(await keysAt((10 + apart) * MINUTES_5)).toContain(own);
    for (const apart of [-2, 2]) expect(await keysAt((10 + apart) * MINUTES_5)).not.toContain(own);
  });

  test('is the same on all servers, and differs by secret, token and device', async () => {
    const keys = [SECRET, SECRET, SECRET.toUpperCase()].flatMap((renewalSecret) =>
      ['token', 'tokens'].flatMap((token) => ['device', ''].map((device) => renewalKeys({ renewalSecret }, true)({ token, device, now: 0 }))),
    );
    const made = (await Promise.all(keys)).map(([own]) => own);
    expect(made.slice(0, 4)).toEqual(made.slice(4, 8));
    expect(new Set(made).size).toBe(8);
  });
});

describe('the secret', () => {
  const keyWith = async (renewalSecret: string | undefined, secure = true): Promise<string> =>
    (await renewalKeys({ renewalSecret }, secure)(RENEWAL))[0];

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
        renewalKeys({ renewalSecret: secret }, true);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toMatch(message);
      expect((error as TypeError).message).not.toContain('sss');
    }
    vi.stubEnv('LATCHKEY_RENEWAL_SECRET', 'short');
    expect(() => renewalKeys({}, true)).toThrow(message);
    expect(() => renewalKeys({}, false)).toThrow(message);
  });

  test('is a random one of the process on a laptop', async () => {
    const key = await keyWith(undefined, false);
    expect(await keyWith(undefined, false)).toBe(key);
    vi.stubGlobal('process', undefined);
    expect(await keyWith(undefined, false)).toBe(key);
    expect(() => renewalKeys({}, true)).toThrow(TypeError);
    vi.unstubAllGlobals();
    vi.resetModules();
    const again = await import('../../src/server/renewal-key.js');
    expect((await again.renewalKeys({}, false)(RENEWAL))[0]).not.toBe(key);
  });
});
