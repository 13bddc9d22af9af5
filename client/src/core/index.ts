/** The client without a view: `createLatchkey`, its errors and its types. Safe to import anywhere. */

export { createLatchkey } from './client.js';
export { LatchkeyError } from './errors.js';
export type * from './types.js';
