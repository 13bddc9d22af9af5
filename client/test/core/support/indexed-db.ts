/** The IndexedDB of one browser, which survives its tabs, and its faults. */

import { IDBDatabase as FakeDatabase, IDBFactory } from 'fake-indexeddb';
import { vi } from 'vitest';
import { BASE } from './fake-server.js';

/** Gives all tabs of the test an empty IndexedDB. */
export function useIndexedDb(): void {
  vi.stubGlobal('indexedDB', new IDBFactory());
}

/** The stored record for the API of the tests. */
export async function storedKeys(): Promise<unknown> {
  return inStore((store) => store.get(BASE));
}

/** The stored key of the browser. */
export async function storedDeviceKey(): Promise<unknown> {
  return inStore((store) => store.get(`device-key:${BASE}`));
}

/** Stores a value as an app, or another version, may have left it. */
export async function storeKeys(value: unknown): Promise<void> {
  await inStore((store) => store.put(value, BASE));
}

async function inStore(request: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const opening = indexedDB.open('latchkey', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('refresh-keys');
  await done(opening);
  const result = request(opening.result.transaction('refresh-keys', 'readwrite').objectStore('refresh-keys'));
  await done(result);
  opening.result.close();
  return result.result;
}

const done = (request: IDBRequest): Promise<unknown> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', resolve);
    request.addEventListener('error', () => reject(request.error));
  });

/** Each transaction from now on: its mode and durability, and whether it has completed. */
export function watchTransactions(): { mode: string | undefined; durability: string | undefined; completed: boolean }[] {
  const seen: { mode: string | undefined; durability: string | undefined; completed: boolean }[] = [];
  const { transaction } = FakeDatabase.prototype;
  vi.spyOn(FakeDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args: Parameters<IDBDatabase['transaction']>) {
    const made = transaction.apply(this, args) as IDBTransaction;
    const entry = { mode: args[1], durability: args[2]?.durability, completed: false };
    made.addEventListener('complete', () => (entry.completed = true));
    seen.push(entry);
    return made;
  });
  return seen;
}
