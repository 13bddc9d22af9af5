/** The texts of the console, as types: an app can replace some of them or all. */

import type { PartialLabels, TextKey } from '../i18n/labels.js';
import type { I18n } from '../i18n/i18n.js';
import type { TEXTS } from './texts/en.js';

/** The name of a text of the console. */
export type ConsoleTextKey = keyof typeof TEXTS;

/** All texts of the console, in the message format of ICU. `texts/console/en.json` in the package has the English ones. */
export type ConsoleLabels = Readonly<Record<ConsoleTextKey, string>>;

/** The texts that an app replaces: those of the console, and those of the account page, which the console shows as well. */
export type PartialConsoleLabels = PartialLabels & { readonly [Key in ConsoleTextKey]?: string };

export type ConsoleI18n = I18n<TextKey | ConsoleTextKey>;
