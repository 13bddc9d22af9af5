/** The CloudFront function of `template.yaml` in front of the revocation feed: an attacker cannot add keys to its cache. */

import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';

interface Case {
  readonly why: string;
  readonly query: string;
  readonly edge: boolean | 'either';
}

interface Value {
  readonly value: string;
  readonly multiValue?: readonly Value[];
}

interface EdgeRequest {
  readonly method: string;
  readonly uri: string;
  readonly querystring: Readonly<Record<string, Value>>;
}

interface EdgeResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, Value>>;
  readonly body: { readonly encoding: string; readonly data: string };
}

const PATH = '/api/auth/.well-known/revocations';
const NOW = 1_790_000_000;
const MINUTE = Math.floor(NOW / 60);

const template = readFileSync(new URL('../../../template.yaml', import.meta.url), 'utf8');
const code = functionCode();
const { cases } = JSON.parse(readFileSync(new URL('../../../tests/vectors/feed-since.json', import.meta.url), 'utf8')) as { cases: Case[] };

/** The block of text behind `FunctionCode`, without its indentation. */
function functionCode(): string {
  const block = /^( +)FunctionCode: \|\n((?:\1 +.*\n|\n)+)/m.exec(template);
  if (!block?.[1] || !block[2]) throw new TypeError('template.yaml has no FunctionCode');
  return block[2].replaceAll(new RegExp(`^${block[1]} {2}`, 'gm'), '');
}

/** The query as CloudFront passes it to a function. It is not documented whether names and values are decoded. */
function parse(query: string, decode: (text: string) => string): Record<string, Value> {
  const parsed = new Map<string, Value[]>();
  for (const part of query.split('&').filter((text) => text !== '')) {
    const [name = '', ...rest] = part.split('=');
    const value = { value: decode(rest.join('=')) };
    parsed.set(decode(name), [...(parsed.get(decode(name)) ?? []), value]);
  }
  const entries = [...parsed].map(([name, [first, ...others]]): [string, Value] => {
    const { value } = first ?? { value: '' };
    return [name, others.length === 0 ? { value } : { value, multiValue: [{ value }, ...others] }];
  });
  // As JSON does, so that `__proto__` is a name like every other.
  return JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`) as Record<string, Value>;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The function in a context of its own, whose clock stands still. */
const handler = runInNewContext(`${code}\n(event) => JSON.stringify(handler(JSON.parse(event)))`, {
  Date: { now: () => NOW * 1000 + 999 },
}) as (event: string) => string;

function run(request: EdgeRequest): EdgeRequest | EdgeResponse {
  const event = { version: '1.0', context: { eventType: 'viewer-request', requestId: 'r-1' }, viewer: { ip: '203.0.113.5' }, request };
  return JSON.parse(handler(JSON.stringify(event))) as EdgeRequest | EdgeResponse;
}

function ask(querystring: Record<string, Value>, uri = PATH): EdgeRequest | EdgeResponse {
  return run({ method: 'GET', uri, querystring });
}

function withMinutes(query: string): string {
  return query.replaceAll(/<(-?\d+)>/g, (_, minutes: string) => String(MINUTE + Number(minutes)));
}

/** The keys that may be in the cache. */
const ALLOWED = new Set(['{}', ...Array.from({ length: 21 }, (_, age) => JSON.stringify({ since: { value: String(MINUTE - age) } }))]);

/** Whether the request passed. A refusal must look like one of the API. */
function passes(answer: EdgeRequest | EdgeResponse, field = 'since'): boolean {
  if ('uri' in answer) {
    expect(ALLOWED).toContain(JSON.stringify(answer.querystring));
    expect(answer.uri).toBe(PATH);
    return true;
  }
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['content-type']?.value).toBe('application/problem+json');
  expect(answer.headers['cache-control']?.value).toBe('no-store');
  const problem = JSON.parse(answer.body.data) as Record<string, unknown>;
  expect(problem).toMatchObject({ type: 'https://latchkey.dev/problems/invalid-request', status: 400, code: 'invalid_request', field, request_id: 'r-1' });
  expect(problem['detail']).toMatch(new RegExp(`^${field}: `));
  return false;
}

describe('the CloudFront function in front of the revocation feed', () => {
  test.each(cases)('$query: $why', ({ query, edge }) => {
    const text = withMinutes(query);
    const passed = passes(ask(parse(text, (part) => part)));
    if (edge !== 'either') expect(passed).toBe(edge);
    // A query that passes in decoded form is one of the allowed keys, too.
    passes(ask(parse(text, decoded)));
  });

  test('passes 22 different queries and no more, whatever the minute', () => {
    const passed = new Set<string>();
    for (let minute = MINUTE - 1_000; minute <= MINUTE + 1_000; minute += 1) {
      for (const text of [`since=${minute}`, `since=0${minute}`, `since=${minute}&x=${minute}`, '']) {
        const answer = ask(parse(text, (part) => part));
        if (passes(answer) && 'uri' in answer) passed.add(JSON.stringify(answer.querystring));
      }
    }
    expect(passed).toEqual(ALLOWED);
    expect(passed.size).toBe(22);
  });

  test.each([`${PATH}/`, `${PATH}%20`, `${PATH}x`, '/api/auth/.well-known/revocation%73', '/api/auth/%2ewell-known/revocations', '/api/auth/./.well-known/revocations'])(
    'refuses the spelling %s of the path',
    (uri) => {
      expect(passes(ask({}, uri), 'path')).toBe(false);
      expect(passes(ask({ since: { value: String(MINUTE - 2) } }, uri), 'path')).toBe(false);
    },
  );

  test('is small enough for CloudFront', () => {
    expect(Buffer.byteLength(code)).toBeLessThan(10_240);
  });
});
