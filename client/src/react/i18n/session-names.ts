/** The names of a session's device, software and place. */

import type { Session } from '../../core/types.js';
import { type I18n, bidiSafe } from './i18n.js';

type Place = Pick<NonNullable<Session['location']>, 'city' | 'region' | 'country'>;
type Device = Pick<Session, 'device' | 'device_type' | 'browser' | 'browser_version' | 'os' | 'os_version'>;

/** The short name at the start of a row: `iPhone`, `Firefox`, `Computer`. */
export function shortName(session: Device, i18n: I18n): string {
  return bidiSafe(i18n, session.device ?? session.browser) ?? i18n.labels.deviceTypes[session.device_type];
}

/** The name within a sentence: `iPhone`, `Firefox on Linux`. */
export function fullName(session: Device, i18n: I18n): string {
  const { browser, os } = session;
  if (session.device !== null || (browser === null && os === null)) return shortName(session, i18n);
  return i18n.labels.software(bidiSafe(i18n, browser), bidiSafe(i18n, os));
}

/** The name that announces a new session, with browser and device: `Safari on iPhone`, `Firefox on Linux`. */
export function newSessionName(session: Device, i18n: I18n): string {
  return fullName({ ...session, device: session.browser === null ? session.device : null, os: session.device ?? session.os }, i18n);
}

/** The software next to a row's name: `Safari on iOS 18`, or `on Linux` if the name is the browser already. */
export function softwareName(session: Device, rowName: 'this-device' | 'short-name', i18n: I18n): string | null {
  const versioned = (name: string | null, version: string | null): string | null =>
    bidiSafe(i18n, name === null || version === null ? name : `${name} ${version}`);
  const repeats = rowName === 'short-name' && session.device === null;
  const browser = repeats ? null : versioned(session.browser, rowName === 'this-device' ? session.browser_version : null);
  const os = versioned(session.os, session.os_version);
  return browser === null && os === null ? null : i18n.labels.software(browser, os);
}

/** `Lisbon, PT`, or the country's name alone; `null` if neither is known. */
export function placeName(location: Place | null, i18n: I18n): string | null {
  const city = bidiSafe(i18n, location?.city ?? location?.region ?? null);
  const country = location?.country ?? null;
  if (city !== null && country !== null) return i18n.labels.place(city, bidiSafe(i18n, country) ?? '');
  return city ?? countryName(country, i18n);
}

/** `Portugal` for `PT`; text that is not a country code is returned as it is. */
export function countryName(code: string | null, i18n: I18n): string | null {
  if (code === null || !/^[A-Z]{2}$/u.test(code)) return bidiSafe(i18n, code);
  return new Intl.DisplayNames(i18n.locale, { type: 'region', fallback: 'code' }).of(code) ?? code;
}
