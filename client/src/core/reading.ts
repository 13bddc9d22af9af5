/** How is something read? Not while the server wants to be left alone, and what it asks for holds in every tab. */

import type { Core } from './context.js';
import type { LatchkeyError } from './errors.js';
import { authenticated } from './fetch.js';
import type { Answer, Call } from './transport.js';

/** Reads with the token. */
export type Read = (path: string, call: Call) => Promise<Answer>;

export function reading({ tries, greeted, hold, call, part }: Core): Read {
  const via = part(authenticated);
  return async (path, how) => {
    await greeted();
    tries.read.allowed();
    try {
      return await call(path, how, via);
    } catch (error) {
      hold('read', error as LatchkeyError);
      throw error;
    }
  };
}

/** The part of an address that asks for these; what is undefined is not asked for. */
export function query(words: object): string {
  const known = Object.entries(words).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return `?${new URLSearchParams(known)}`;
}
