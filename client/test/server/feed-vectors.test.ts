/** The feeds and tokens of `verifier/vectors/feed.json`. The crate `latchkey-verifier` runs the same file. */

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTokenValidationMiddleware } from '../../src/server/index.js';
import { network, unreachable } from './support/issuer.js';

interface FeedVector {
  readonly name: string;
  readonly held: string | null;
  readonly feed: string;
  readonly padding: number;
  readonly clock: number;
  readonly result: 'fresh' | 'stale';
  readonly because: string;
}

interface TokenVector {
  readonly name: string;
  readonly feeds: readonly string[];
  readonly token: string;
  readonly result: string;
  readonly because: string;
}

const file = JSON.parse(readFileSync(new URL('../../../verifier/vectors/feed.json', import.meta.url), 'utf8')) as {
  readonly now: number;
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: { readonly keys: [] };
  readonly live_token: string;
  readonly feeds: readonly FeedVector[];
  readonly tokens: readonly TokenVector[];
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: file.now * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A service that checks requests with the feed, and refuses them without a fresh one. */
function service(clock = 0) {
  const net = network(unreachable);
  const guard = createTokenValidationMiddleware({
    issuer: file.issuer,
    audience: file.audience,
    jwks: file.jwks,
    feed: { whenStale: 'refuse' },
    fetch: net.fetch,
    now: () => Date.now() + clock * 1000,
  });
  const route = guard.handler(() => Response.json({ code: 'accepted' }));
  const codeOf = async (token: string): Promise<unknown> => {
    const response = await route(new Request('https://shop.example.com/', { headers: { authorization: `Bearer ${token}` } }));
    return ((await response.json()) as { code?: string }).code;
  };
  const publish = (text: string): void => net.answer(() => new Response(text));
  return { net, codeOf, publish };
}

async function resultOf({ held, feed, padding, clock }: FeedVector): Promise<unknown> {
  const { net, codeOf, publish } = service(clock);
  const answer = feed + 'A'.repeat(padding);
  publish(held ?? answer);
  if (held !== null) {
    expect(await codeOf(file.live_token)).toBe('accepted');
    vi.advanceTimersByTime(20_000);
    publish(answer);
    expect(await codeOf(file.live_token)).toBe('accepted');
    // The first feed is too old now, the second is not.
    vi.advanceTimersByTime(15_000);
    net.answer(unreachable);
  }
  const code = await codeOf(file.live_token);
  return { accepted: 'fresh', store_unavailable: 'stale' }[String(code)] ?? code;
}

describe('every feed has its result', () => {
  test.each(file.feeds)('$name', async (vector) => {
    expect(await resultOf(vector), vector.because).toBe(vector.result);
  });
});

describe('every token has its result after its feeds', () => {
  test.each(file.tokens)('$name', async ({ feeds, token, result, because }) => {
    const { codeOf, publish } = service();
    let code: unknown;
    for (const feed of feeds) {
      publish(feed);
      code = await codeOf(token);
      vi.advanceTimersByTime(5_000);
    }
    expect(code, because).toBe(result);
  });
});

test('the vectors are many', () => {
  expect([file.feeds.length > 60, file.tokens.length > 20]).toEqual([true, true]);
});
