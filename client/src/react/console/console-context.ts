/** Passes the texts, the calls and the navigation to the parts of the console. */

import { createContext, useContext } from 'react';

import type { Fleet } from '../../core/fleet/fleet-types.js';
import type { Latchkey } from '../../core/types.js';
import type { Language } from '../i18n/language.js';
import type { ConsoleI18n, PartialConsoleLabels } from './console-labels.js';
import type { ConsoleView } from './state/console-view.js';

export interface Console {
  readonly i18n: ConsoleI18n;
  /** Our texts, the app's own ones, and their language, for the parts of the account page. */
  readonly texts: PartialConsoleLabels;
  readonly labels: PartialConsoleLabels | undefined;
  readonly language: Language;
  readonly client: Latchkey;
  readonly fleet: Fleet;
  /** The caller's session, to which all data of the page belong. */
  readonly sessionId: string | null;
  /** The caller, if a list of sessions has named it. */
  readonly ownUserId: string | null;
  readonly online: boolean;
  /** The server's time in milliseconds. */
  readonly now: () => number;
  readonly navigate: (view: ConsoleView) => void;
  /** Announces a text to screen readers. */
  readonly announce: (text: string) => void;
  /** Signs the administrator in again; `null` if the app offers no way. */
  readonly signInAgain: (() => Promise<void> | void) | null;
}

export const ConsoleContext = createContext<Console | null>(null);

export function useConsole(): Console {
  const value = useContext(ConsoleContext);
  if (value === null) throw new Error('The parts of the console are rendered inside of ConsolePage, which provides the calls.');
  return value;
}
