/** Is a tab signing in or out? Then no tab starts a refresh, because its response could set an older cookie. */

/** Milliseconds after which a pause ends by itself, because the tab that asked for it may have been closed. */
const LONGEST_PAUSE = 5_000;
/** Milliseconds that a sign-in or sign-out waits for refreshes under way. */
const LONGEST_WAIT = 2_000;

export interface RefreshPause {
  begin(): void;
  end(): void;
  /** Resolves when there is no pause. */
  whenOver(): Promise<void>;
  /** Another tab has started a refresh, or finished it. */
  setRefreshing(tab: string, active: boolean): void;
  /** Resolves when no refresh is under way, neither `own` nor another tab's, or after `LONGEST_WAIT`. */
  whenIdle(own: Promise<unknown> | undefined): Promise<void>;
}

export function createRefreshPause(): RefreshPause {
  const refreshingTabs = new Set<string>();
  let waiters: (() => void)[] = [];
  let paused = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const notify = (): void => {
    const all = waiters;
    waiters = [];
    for (const resolve of all) resolve();
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => waiters.push(resolve));
  };
  const end = (): void => {
    clearTimeout(timer);
    paused = false;
    notify();
  };

  return {
    begin() {
      clearTimeout(timer);
      paused = true;
      timer = setTimeout(end, LONGEST_PAUSE);
    },
    end,
    whenOver: () => until(() => !paused),
    setRefreshing(tab, active) {
      if (active) refreshingTabs.add(tab);
      else refreshingTabs.delete(tab);
      notify();
    },
    async whenIdle(own) {
      let ownSettled = own === undefined;
      const settle = (): void => {
        ownSettled = true;
        notify();
      };
      own?.then(settle, settle);
      const deadline = setTimeout(() => {
        // The browser may have frozen a tab during its refresh; the next sign-in does not wait for that tab again.
        refreshingTabs.clear();
        settle();
      }, LONGEST_WAIT);
      await until(() => ownSettled && refreshingTabs.size === 0);
      clearTimeout(deadline);
    },
  };
}
