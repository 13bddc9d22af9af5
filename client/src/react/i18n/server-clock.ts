/** Passes the difference between the server's clock and the device's to the components that show relative times. */

import { createContext, useContext } from 'react';

/** Milliseconds by which the server's clock is ahead. */
export const ServerClock = createContext(0);

/** A function that returns the server's time in milliseconds. */
export function useServerNow(): () => number {
  const offset = useContext(ServerClock);
  return () => Date.now() + offset;
}
