/** What a session is called, and where it is. */

import type { Session } from '../../core/types.js';
import { type Words, within } from './i18n.js';

type Device = Pick<Session, 'device' | 'device_type' | 'browser' | 'browser_version' | 'os' | 'os_version'>;

/** The short name at the head of a row: `iPhone`, `Firefox`, `Computer`. */
export function shortName(session: Device, words: Words): string {
  return within(words, session.device ?? session.browser) ?? words.labels.deviceTypes[session.device_type];
}

/** The name within a sentence: `iPhone`, `Firefox on Linux`. */
export function fullName(session: Device, words: Words): string {
  const { browser, os } = session;
  if (session.device !== null || (browser === null && os === null)) return shortName(session, words);
  return words.labels.software(within(words, browser), within(words, os));
}

/** The name of a session that has just come: `Safari on iPhone`, `Firefox on Linux`. */
export function arrivalName(session: Device, words: Words): string {
  return fullName({ ...session, device: session.browser === null ? session.device : null, os: session.device ?? session.os }, words);
}

/** What stands behind the short name: `Safari on iOS 18`, or `on Linux` where the name is the browser. */
export function software(session: Device, isNamed: 'this' | 'short', words: Words): string | null {
  const versioned = (name: string | null, version: string | null): string | null =>
    within(words, name === null || version === null ? name : `${name} ${version}`);
  const repeats = isNamed === 'short' && session.device === null;
  const browser = repeats ? null : versioned(session.browser, isNamed === 'this' ? session.browser_version : null);
  const os = versioned(session.os, session.os_version);
  return browser === null && os === null ? null : words.labels.software(browser, os);
}

/** `Lisbon, PT`, or the country's name alone; `null` when neither is known. */
export function placeName(location: Session['location'], words: Words): string | null {
  const city = within(words, location?.city ?? location?.region ?? null);
  const country = location?.country ?? null;
  if (city !== null && country !== null) return words.labels.place(city, within(words, country) ?? '');
  return city ?? countryName(country, words);
}

/** `Portugal` for `PT`; what is no code stays what it is. */
export function countryName(code: string | null, words: Words): string | null {
  if (code === null || !/^[A-Z]{2}$/u.test(code)) return within(words, code);
  return new Intl.DisplayNames(words.locale, { type: 'region', fallback: 'code' }).of(code) ?? code;
}
