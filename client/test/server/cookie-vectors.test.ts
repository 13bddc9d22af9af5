/** The cookies of `tests/vectors/cookies.json`, which the Rust parser also reads, so that both parsers agree. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookieNames, cookieOf } from '../../src/server/cookies.js';
import { Refusal } from '../../src/server/refusal.js';
import { headOfNodeRequest, headOfRequest } from '../../src/server/request-head.js';

interface Case {
  readonly why: string;
  readonly cookie: string;
  /** Each character is one byte. */
  readonly lines: readonly string[];
  readonly expect: { readonly value?: string | null; readonly twice?: true };
}

interface NamesCase {
  readonly why: string;
  readonly issuer: string;
  readonly secure?: boolean;
  readonly name?: string;
  readonly domain?: string;
  readonly expect: { readonly access?: string; readonly refresh?: string; readonly refused?: 'name' | 'domain' };
}

interface Vectors {
  readonly cases: readonly Case[];
  readonly names: readonly NamesCase[];
}

const { cases, names } = JSON.parse(readFileSync(new URL('../../../tests/vectors/cookies.json', import.meta.url), 'utf8')) as Vectors;

function outcome(read: () => string | undefined): Case['expect'] {
  try {
    return { value: read() ?? null };
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return { twice: true };
  }
}

/** A real server, because Node decides which characters the bytes of a header become. */
const server = createServer((request, response) => {
  const name = String(request.headers['x-cookie']);
  response.end(JSON.stringify(outcome(() => cookieOf(headOfNodeRequest(request), name))));
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

/** Sends the bytes as they are; HTTP clients would encode them. */
function ask({ cookie, lines }: Case): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const head = ['GET / HTTP/1.1', 'Host: a', 'Connection: close', `X-Cookie: ${cookie}`, ...lines.map((line) => `Cookie: ${line}`)];
    socket.end(Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', reject);
    socket.on('end', () => resolve(JSON.parse(/\{.*\}/.exec(text)?.[0] ?? 'null')));
  });
}

describe('the shared vectors of cookies', () => {
  test('are many', () => {
    expect(cases.length).toBeGreaterThan(40);
    expect(names.length).toBeGreaterThan(30);
  });

  test.each(cases)('over HTTP: $why', async (each) => {
    expect(await ask(each)).toEqual(each.expect);
  });

  test.each(cases)('in a fetch-style request: $why', (each) => {
    const headers = new Headers();
    if (each.lines.length > 0) headers.set('cookie', each.lines.join('; '));
    const request = new Request('https://app.example.com/', { headers });
    expect(outcome(() => cookieOf(headOfRequest(request), each.cookie))).toEqual(each.expect);
  });

  test.each(names)('names: $why', ({ issuer, secure, name, domain, expect: { refused, ...expected } }) => {
    const options = { issuer, cookieSecure: secure, cookieName: name, cookieDomain: domain };
    if (refused === undefined) expect(cookieNames(options)).toEqual(expected);
    else expect(() => cookieNames(options)).toThrow(refused === 'name' ? /^cookieName: / : /^cookieDomain: /);
  });
});
