/** Chooses the kind and the device of the activity that is shown. */

import type { ReactElement } from 'react';

import { useI18n } from '../i18n/i18n-context.js';
import { KINDS, type Kind } from '../i18n/trail-filter.js';

interface ActivityFilterProps {
  readonly kind: Kind;
  /** `null` is every device. */
  readonly device: string | null;
  readonly devices: readonly string[];
  readonly onKind: (kind: Kind) => void;
  readonly onDevice: (device: string | null) => void;
}

export function ActivityFilter({ kind, device, devices, onKind, onDevice }: ActivityFilterProps): ReactElement {
  const { t } = useI18n();
  return (
    <div className="latchkey-filters">
      <label>
        {t('filterKind')}{' '}
        <select value={kind} onChange={({ target }) => onKind(KINDS.find((one) => one === target.value) ?? 'all')}>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {t(`kind.${one}`)}
            </option>
          ))}
        </select>
      </label>{' '}
      <label>
        {t('filterDevice')}{' '}
        <select
          value={device === null ? -1 : devices.indexOf(device)}
          onChange={({ target }) => onDevice(devices[Number(target.value)] ?? null)}
        >
          <option value={-1}>{t('allDevices')}</option>
          {devices.map((one, index) => (
            <option key={one} value={index}>
              {one}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
