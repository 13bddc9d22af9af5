/** Every text of the dashboard, as types: an app can replace some of them or all. */

import type { Binding, EndReason, ErrorCode, Recommendation, SecurityEvent, Session, Severity } from '../../core/types.js';

/** Why the user is signed out; `elsewhere` is a sign-out from another device. */
export type SignedOutReason = EndReason | 'elsewhere' | 'unknown';

/** The facts that a sentence about a session can use. Every text is safe to put in the middle of a sentence. */
export interface Facts {
  /** For example `Firefox on Linux` or `iPhone`. */
  readonly device: string;
  /** For example `Lisbon, PT` or `Portugal`. */
  readonly place: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** The country of most other sessions. */
  readonly usual: string | null;
}

/** The facts that a recommendation adds. */
export interface RecommendationFacts extends Facts {
  readonly days: number | null;
  readonly count: number | null;
  readonly limit: number | null;
  readonly ip: string | null;
}

/** The texts that the app's own bundle contains, because they are shown before the sessions page has loaded. */
export interface ShellLabels {
  readonly title: string;
  /** The title of another user's sessions, for an administrator. */
  readonly titleOf: (user: string) => string;
  readonly live: string;
  readonly paused: string;
  readonly loading: string;
  readonly signOutOthers: string;

  readonly offline: (since: string | null) => string;
  readonly backOnline: string;
  readonly unreachable: (wait: string | null) => string;
  readonly rateLimited: (wait: string | null) => string;
  readonly lastUpdated: (since: string) => string;
  readonly tryAgain: string;
  /** Error codes with a sentence of their own; all other codes use `unreachable`. */
  readonly errors: Partial<Record<ErrorCode, string>>;

  readonly ended: Record<Exclude<SignedOutReason, 'evicted'>, string>;
  readonly evicted: (limit: number | null) => string;

  /** The code of the sessions page could not be loaded. */
  readonly loadFailed: string;
  readonly reload: string;
}

/** All texts. A function receives the facts of its sentence, already in the reader's language. */
export interface Labels extends ShellLabels {
  readonly noSessions: (user: string) => string;
  readonly onlyHere: string;
  readonly sessions: string;

  readonly thisDevice: string;
  readonly unknownDevice: string;
  readonly deviceTypes: Record<Session['device_type'], string>;
  /** At least one of the two is known. */
  readonly software: (browser: string | null, os: string | null) => string;
  readonly place: (city: string, country: string) => string;
  readonly activeNow: string;
  readonly lastActive: (when: string) => string;
  readonly signedInSince: (when: string) => string;
  readonly justNow: string;
  readonly boundTo: Record<Exclude<Binding, 'none'>, string>;

  readonly signOut: string;
  readonly signOutOf: (name: string) => string;
  readonly confirmSignOut: (name: string) => string;
  readonly signOutEverywhere: string;
  readonly confirmOthersTitle: string;
  /** The count is `null` if the list could not be read. */
  readonly confirmOthers: (count: number | null) => string;
  readonly confirmEverywhereTitle: string;
  readonly confirmEverywhere: (count: number | null) => string;
  readonly confirmEverywhereOf: (user: string, count: number | null) => string;
  readonly openPages: string;
  readonly reason: string;
  readonly cancel: string;
  readonly signedOutOthers: (count: number, until: string) => string;
  readonly signedOutUser: (user: string, until: string) => string;
  readonly signOutFailed: (name: string) => string;
  readonly signOutManyFailed: string;
  readonly reauthenticate: string;

  readonly recommendations: string;
  readonly wasThisYou: string;
  readonly itWasMe: string;
  readonly itWasNotMe: string;
  readonly dismiss: string;
  readonly dismissed: string;
  readonly undo: string;
  readonly recommendation: Record<Recommendation['code'], (facts: RecommendationFacts) => string>;
  /** A finding without a sentence here is shown with the name of its event. */
  readonly finding: Partial<Record<SecurityEvent['event_type'], (facts: Facts) => string>>;

  readonly chartTitle: (days: number) => string;
  readonly chartSummary: (count: number, days: number) => string;
  readonly chartDay: string;
  readonly chartCount: string;
  readonly sessionCount: string;
  readonly ofLimit: (count: string, limit: string) => string;
  readonly typicalLength: string;

  readonly events: string;
  readonly noEvents: string;
  readonly showMore: string;
  readonly event: Record<SecurityEvent['event_type'], string>;
  /** Why a session ended and by whom, for the exact reasons. `signed_out_by_user` is for an administrator's view. */
  readonly endEvent: Record<'signed_out' | 'signed_out_by_user' | 'evicted' | 'admin' | 'security' | 'reuse_detected' | 'state_regression' | 'risk' | 'unbound' | 'expired', string>;
  /** The device on which the user asked for the sign-out of another one. */
  readonly signedOutFrom: (device: string) => string;
  /** The device of the new session, for which the limit ended an older one. */
  readonly evictedBy: (device: string) => string;
  readonly change: (from: string, to: string) => string;
  readonly severity: Record<Severity, string>;

  readonly sessionAdded: (name: string) => string;
  readonly sessionEnded: (name: string) => string;
  readonly moreEventsLoaded: (count: number) => string;
}

/**
 * The texts that an app replaces: any of the labels, and any entry of a label that is a group.
 *
 * ```tsx
 * const labels: PartialLabels = {
 *   signOut: 'Abmelden',
 *   ended: { admin: 'Ein Administrator hat diese Sitzung beendet.' },
 * };
 * <SessionMonitoring labels={labels} locale="de" />
 * ```
 */
export type PartialLabels = {
  readonly [Name in keyof Labels]?: Labels[Name] extends string | ((...facts: never[]) => string)
    ? Labels[Name]
    : Partial<Labels[Name]>;
};

/** The English texts with the app's own in their place. Labels that `english` does not have are kept as well. */
export function mergeLabels<Texts extends ShellLabels>(english: Texts, own: PartialLabels | undefined): Texts {
  if (own === undefined) return english;
  const merged = { ...english } as object as Record<string, unknown>;
  for (const [name, text] of definedEntries(own)) {
    const group = merged[name] as object | undefined;
    merged[name] = typeof text === 'object' ? { ...group, ...Object.fromEntries(definedEntries(text as object)) } : text;
  }
  // `PartialLabels` guarantees the names and the kind of each text.
  return merged as unknown as Texts;
}

/** Without `undefined`, which apps with less strict types may pass. */
function definedEntries(texts: object): [string, unknown][] {
  return Object.entries(texts).filter(([, text]) => text !== undefined);
}
