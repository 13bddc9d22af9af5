/** The icons of devices and alerts. They are decoration: the text beside them has the same information. */

import type { ReactElement } from 'react';

import type { Session } from '../../core/types.js';

const DEVICES: Record<Session['device_type'], string> = {
  desktop: 'M4 4h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8.5 20h7M12 16v4',
  mobile: 'M8 2.5h8A1.5 1.5 0 0 1 17.5 4v16a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.5zM11 18.5h2',
  tablet: 'M5.5 3h13A1.5 1.5 0 0 1 20 4.5v15a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 19.5v-15A1.5 1.5 0 0 1 5.5 3zM11 18h2',
  bot: 'M6 8.5h12a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM12 5v3.5M9.5 13v2M14.5 13v2M2.5 12.5v3M21.5 12.5v3',
  cli: 'M4 4.5h16a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1zM7 9.5l3 2.5-3 2.5M12.5 15h4.5',
  unknown: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.8-.9 1.7M12 16.5v.2',
};
const ALERT = 'M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2';
const CHEVRON = 'm6 9.5 6 6 6-6';

/** The size is an attribute, so that a page without our styles is not filled by one icon. */
function Icon({ path, size }: { readonly path: string; readonly size: number }): ReactElement {
  return (
    <svg className="latchkey-icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export const DeviceIcon = ({ type }: { readonly type: Session['device_type'] }): ReactElement => (
  // A newer server may have another type.
  <Icon path={DEVICES[type] ?? DEVICES.unknown} size={28} />
);
export const AlertIcon = (): ReactElement => <Icon path={ALERT} size={18} />;
export const Chevron = (): ReactElement => <Icon path={CHEVRON} size={16} />;
