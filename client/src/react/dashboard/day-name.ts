/** The heading of a day: `Today`, `Yesterday` or its date. */

import { daysAgo, formatDay } from '../i18n/format-relative-time.js';
import type { I18n } from '../i18n/i18n.js';

export function dayName(iso: string, now: number, { t, locale }: I18n): string {
  const days = daysAgo(iso, now);
  if (days === 0) return t('today');
  return days === 1 ? t('yesterday') : formatDay(iso, now, locale);
}
