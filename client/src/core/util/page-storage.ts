/** What outlives a reload of the page? Small values in the browser's storage; nothing where there is none or it is blocked. */

export interface PageStorage<T> {
  get(): T | null;
  set(value: T | null): void;
}

/** One value: `session` for this tab, `local` for all tabs of the browser. */
export function pageStorage<T>(kind: 'session' | 'local', key: string): PageStorage<T> {
  // Looked up for each call, because the property itself throws where storage is blocked.
  const area = (): Storage | undefined => globalThis[`${kind}Storage`];
  return {
    get() {
      try {
        return JSON.parse(area()?.getItem(key) ?? 'null') as T | null;
      } catch {
        return null;
      }
    },
    set(value) {
      try {
        if (value === null) area()?.removeItem(key);
        else area()?.setItem(key, JSON.stringify(value));
      } catch {
        // Storage may be blocked or full. The page then has to ask the server again.
      }
    },
  };
}
