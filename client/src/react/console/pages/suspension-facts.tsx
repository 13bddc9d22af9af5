/** Whether a user is suspended: since when, until when, by which administrator and why. */

import type { ReactElement } from 'react';

import type { Revocations } from '../../../core/fleet/fleet-types.js';
import { formatDateTime } from '../../i18n/format-time.js';
import { bidiSafe, idSafe } from '../../i18n/i18n.js';
import { useConsole } from '../console-context.js';

export function SuspensionFacts({ suspension }: Pick<Revocations, 'suspension'>): ReactElement {
  const { i18n } = useConsole();
  const { t, locale } = i18n;
  if (suspension === null) return <p>{t('user.active')}</p>;
  const { since, until, by, note } = suspension;
  const time = (at: string): string => formatDateTime(at, locale, { dateStyle: 'medium', timeStyle: 'short' });
  const actor = idSafe(i18n, by.id ?? null) ?? t('user.bySystem');
  return (
    <>
      <p>
        <strong>{t('user.suspended', { since: time(since), until: until === null ? null : time(until) })}</strong> {t('user.suspendedBy', { by: actor })}
      </p>
      <p>{t('user.note', { note: bidiSafe(i18n, note) })}</p>
    </>
  );
}
