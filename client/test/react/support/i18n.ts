/** The texts of the page: English with the dates of Great Britain, and German. */

import { createI18n } from '../../../src/react/i18n/i18n.js';
import { TEXTS as GERMAN } from '../../../src/react/i18n/texts/de.js';
import { TEXTS } from '../../../src/react/i18n/texts/en.js';

export const english = createI18n(TEXTS, undefined, { code: 'en', locale: 'en-GB', direction: 'ltr' });
export const german = createI18n(GERMAN, undefined, { code: 'de', locale: 'de', direction: 'ltr' });
