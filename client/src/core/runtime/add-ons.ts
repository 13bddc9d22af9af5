/** How do `fetchOf` and `sessionsOf` reach the internals of a client, which its public type does not contain? */

import type { Latchkey } from '../types.js';
import type { AddOn, Internals } from './context.js';

/** The key of a method that is not part of the public type. Two copies of this package on a page share it. */
export const ADD_ON = Symbol.for('latchkey.addOn');

/** A client with the method; a copy of a client, such as `{ ...client, signIn }`, has it as well. */
export interface Extensible {
  [ADD_ON]<T>(create: AddOn<T>): T;
}

/** The add-on of a client, created when it is first asked for. */
export function addOnOf<T>(client: Latchkey, create: AddOn<T>): T {
  return (client as Latchkey & Extensible)[ADD_ON](create);
}

/** Keeps one instance of each add-on; `internals` is called late, because it contains this function. */
export function createAddOns(internals: () => Internals): Internals['addOn'] {
  const instances = new Map<AddOn<unknown>, unknown>();
  return <T>(create: AddOn<T>) => {
    if (!instances.has(create)) instances.set(create, create(internals()));
    return instances.get(create) as T;
  };
}
