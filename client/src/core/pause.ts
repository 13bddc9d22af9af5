/** Does somebody sign in or out just now? Then nothing is sent whose answer could set an older cookie. */

/** Milliseconds that a tab waits for another that said so, and may have died since. */
const AT_MOST = 5_000;
/** Milliseconds that a sign-in or sign-out waits for what is in the air. */
const FOR_FLIGHTS = 2_000;

export interface Pause {
  begin(): void;
  end(): void;
  /** Resolves at once when nobody does. */
  over(): Promise<void>;
  /** A refresh of another tab is in the air, or has landed. */
  elsewhere(tab: string, up: boolean): void;
  /** Resolves when no refresh is in the air, here or elsewhere, or soon. */
  calm(here: Promise<unknown> | undefined): Promise<void>;
}

export function createPause(): Pause {
  const flying = new Set<string>();
  let waiting: (() => void)[] = [];
  let paused = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const wake = (): void => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const end = (): void => {
    clearTimeout(timer);
    paused = false;
    wake();
  };

  return {
    begin() {
      clearTimeout(timer);
      paused = true;
      timer = setTimeout(end, AT_MOST);
    },
    end,
    over: () => until(() => !paused),
    elsewhere(tab, up) {
      if (up) flying.add(tab);
      else flying.delete(tab);
      wake();
    },
    async calm(here) {
      let landed = here === undefined;
      const land = (): void => {
        landed = true;
        wake();
      };
      here?.then(land, land);
      const late = setTimeout(() => {
        // A tab that froze in flight is not waited for again.
        flying.clear();
        land();
      }, FOR_FLIGHTS);
      await until(() => landed && flying.size === 0);
      clearTimeout(late);
    },
  };
}
