/** The English texts of the page, with the dates of Great Britain. */

import { createI18n } from '../../../src/react/i18n/i18n.js';
import { TEXTS } from '../../../src/react/i18n/texts/en.js';

export const english = createI18n(TEXTS, undefined, { code: 'en', locale: 'en-GB', direction: 'ltr' });
