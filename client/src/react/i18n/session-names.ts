/** The names of a session's software and place. */

import type { Session } from '../../core/types.js';
import { type I18n, bidiSafe } from './i18n.js';

type Place = Pick<NonNullable<Session['location']>, 'city' | 'region' | 'country'>;
type Device = Pick<Session, 'device' | 'device_type' | 'browser' | 'browser_version' | 'os'>;

/** The name within a sentence: `Safari on iPhone`, `Firefox on Linux`. */
export function sessionName(session: Device, i18n: I18n): string {
  return nameOf(session, session.browser, i18n);
}

/** The name of a card, with the version: `Firefox 145 on Linux`. */
export function versionedName(session: Device, i18n: I18n): string {
  return nameOf(session, versioned(session.browser, session.browser_version), i18n);
}

export function versioned(name: string | null, version: string | null): string | null {
  return name === null || version === null ? name : `${name} ${version}`;
}

/** The device of an event, such as `Safari on iPhone`, in the reader's language, because the server joins its parts in English. */
export function deviceName(label: string | null, i18n: I18n): string | null {
  const [browser, system, ...rest] = label?.split(' on ') ?? [];
  if (!browser || !system || rest.length > 0) return bidiSafe(i18n, label);
  return i18n.t('software', { browser: bidiSafe(i18n, browser), system: bidiSafe(i18n, system) });
}

function nameOf(session: Device, browser: string | null, i18n: I18n): string {
  const { device, os, device_type: type } = session;
  if (browser === null) return bidiSafe(i18n, device ?? os) ?? i18n.t(`device.${type}`);
  const system = bidiSafe(i18n, systemOf(session));
  const software = bidiSafe(i18n, browser) ?? '';
  return system === null ? software : i18n.t('software', { browser: software, system });
}

/** A phone or tablet has a name of its own. The name of a computer repeats its system: `Windows PC`. */
function systemOf({ device_type: type, device, os, browser }: Device): string | null {
  const system = type === 'mobile' || type === 'tablet' ? (device ?? os) : (os ?? device);
  return system === browser ? null : system;
}

/** `Lisbon, Portugal`, or the country's name alone; `null` if neither is known. */
export function placeName(location: Place | null, i18n: I18n): string | null {
  const city = bidiSafe(i18n, location?.city ?? location?.region ?? null);
  const country = countryName(location?.country ?? null, i18n);
  return city !== null && country !== null ? i18n.t('place', { city, country }) : (city ?? country);
}

/** `Portugal` for `PT`; text that is not a country code is returned as it is. */
export function countryName(code: string | null, i18n: I18n): string | null {
  if (code === null || !/^[A-Z]{2}$/u.test(code)) return bidiSafe(i18n, code);
  return new Intl.DisplayNames(i18n.locale, { type: 'region', fallback: 'code' }).of(code) ?? code;
}
