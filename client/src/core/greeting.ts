/** What must a new tab know? It says hello, and gives the others a moment to answer before it asks the server. */

/** Milliseconds. */
const MOMENT = 50;

export interface Greeting {
  readonly over: Promise<void>;
  stop(): void;
}

export function greeting(): Greeting {
  let stop = (): void => {};
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, MOMENT);
    stop = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { over, stop: () => stop() };
}
