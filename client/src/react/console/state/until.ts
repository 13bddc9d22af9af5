/** Until when is a user suspended? */

import { isoTime } from './console-view.js';

/** Hours, an end that the administrator chooses, or none. */
export const UNTIL_CHOICES = ['none', '1', '24', '168', 'other'] as const;
export type UntilChoice = (typeof UNTIL_CHOICES)[number];

/** ISO 8601; `null` is until the user is resumed. `local` is the value of a field for date and time, in the reader's time zone. */
export function untilOf(choice: UntilChoice, local: string, now: number): string | null {
  if (choice === 'none') return null;
  return isoTime(choice === 'other' ? Date.parse(local) : now + Number(choice) * 3_600_000);
}
