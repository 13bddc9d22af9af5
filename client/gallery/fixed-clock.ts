/** The clock of the gallery stands still at the moment of its sample data, so that every visit shows the same page. */

import { NOW } from '../test/react/support/fixtures.js';

/** Stops the clock of the page. A function, because a bundler drops an import without a use. */
export function stopClock(): void {
  const now = NOW.getTime();
  globalThis.Date = class extends Date {
    constructor(...parts: readonly unknown[]) {
      // The parts are those of `new Date(…)`; without any it is the current time.
      super(...((parts.length === 0 ? [now] : parts) as [number]));
    }
    static override now = (): number => now;
  } as DateConstructor;
}
