/** Errors behind the guard must not end the process of Node: each test counts the unhandled rejections. */

import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import express, { type ErrorRequestHandler } from 'express';
import { createTokenValidationMiddleware, type Next, type NodeResponse, type TokenValidationOptions } from '../../src/server/index.js';
import { useMovableClock } from './support/clock.js';
import { send, serve, type Served } from './support/http.js';
import { AUDIENCE, ISSUER, makeKey, mint } from './support/issuer.js';

useMovableClock();

let options: TokenValidationOptions;
let token: string;
let served: Served | undefined;
let unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

/** Vitest has listeners of its own, which would fail the run without naming the test. */
let others: NodeJS.UnhandledRejectionListener[] = [];

beforeAll(async () => {
  const key = await makeKey('ES256');
  token = await mint(key);
  options = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] } };
});

beforeEach(() => {
  unhandled = [];
  others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', onUnhandled);
});

afterEach(async () => {
  await served?.close();
  served = undefined;
  process.removeAllListeners('unhandledRejection');
  for (const listener of others) process.on('unhandledRejection', listener);
});

/** Rejections are reported after the microtasks of a turn. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

async function expectNoUnhandled(): Promise<void> {
  await settled();
  expect(unhandled).toEqual([]);
}

const bearer = (): readonly string[] => ['authorization', `Bearer ${token}`];

/** Responds after a moment, unless the next handlers have done so. */
function respondFirst(_request: unknown, response: express.Response, next: () => void): void {
  response.status(504).json({ late: true });
  next();
}

const report: ErrorRequestHandler = (error: Error, _request, response, next) => {
  if (response.headersSent) return next(error);
  response.status(500).json({ failed: error.message });
};

describe('Express', () => {
  test('keeps the response of a middleware that was faster than the guard', async () => {
    const app = express();
    app.use(respondFirst, createTokenValidationMiddleware(options), report);
    served = await serve(app);
    expect(await send(served.port, '/')).toMatchObject({ status: 504, body: { late: true } });
    await expectNoUnhandled();
  });

  test('gets what a handler throws, also after the response was sent', async () => {
    const app = express();
    app.use(createTokenValidationMiddleware(options));
    app.get('/throws', () => {
      throw new Error('sync');
    });
    app.get('/rejects', async () => {
      await settled();
      throw new Error('async');
    });
    app.get('/late', (_request, response) => {
      response.json({ sent: true });
      throw new Error('late');
    });
    app.use(report);
    served = await serve(app);
    expect(await send(served.port, '/throws', bearer())).toMatchObject({ status: 500, body: { failed: 'sync' } });
    expect(await send(served.port, '/rejects', bearer())).toMatchObject({ status: 500, body: { failed: 'async' } });
    await send(served.port, '/late', bearer()).catch(() => undefined);
    await expectNoUnhandled();
  });
});

describe('a plain next', () => {
  /** A server whose `next` is `next`. */
  async function serveWith(next: (response: NodeResponse) => Next): Promise<number> {
    const guard = createTokenValidationMiddleware(options);
    served = await serve((request, response) => guard(request, response, next(response)));
    return served.port;
  }

  test('that throws gets its error back', async () => {
    const seen: unknown[] = [];
    const port = await serveWith((response) => (error) => {
      seen.push(error);
      if (error === undefined) throw new Error('handler');
      response.statusCode = 500;
      response.end('reported');
    });
    expect(await send(port, '/', bearer())).toMatchObject({ status: 500, body: 'reported' });
    expect(seen).toMatchObject([undefined, { message: 'handler' }]);
    await expectNoUnhandled();
  });

  test('that rejects gets its error back', async () => {
    const port = await serveWith((response) => async (error) => {
      await settled();
      if (error === undefined) throw new Error('handler');
      response.statusCode = 500;
      response.end('reported');
    });
    expect(await send(port, '/', bearer())).toMatchObject({ status: 500, body: 'reported' });
    await expectNoUnhandled();
  });

  test.each(['throws', 'rejects'])('that %s for an error, too, leaves a response with 500', async (how) => {
    const port = await serveWith(() => () => {
      if (how === 'rejects') return Promise.reject(new Error('again'));
      throw new Error('again');
    });
    expect(await send(port, '/', bearer())).toMatchObject({ status: 500, body: '' });
    await expectNoUnhandled();
  });

  test('is not called when the response cannot be written, except with the error', async () => {
    const guard = createTokenValidationMiddleware(options);
    const fails = (): never => {
      throw new Error('the socket is closed');
    };
    const request = { headers: {} };
    const errors = await new Promise<unknown>((resolve) => guard(request, { statusCode: 0, setHeader: fails, end: fails }, resolve));
    expect(errors).toMatchObject({ message: 'the socket is closed' });
    await expectNoUnhandled();
  });
});
