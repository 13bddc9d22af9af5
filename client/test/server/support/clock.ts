/** A clock that the test moves: only `Date`, so that timers and sockets keep working. */

import { afterEach, beforeEach, vi } from 'vitest';
import { NOW } from './issuer.js';

export function useMovableClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Sets the clock to a second since 1970. */
export function setSeconds(seconds: number): void {
  vi.setSystemTime(seconds * 1000);
}

export function advanceSeconds(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}
