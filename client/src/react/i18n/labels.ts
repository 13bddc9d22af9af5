/** What the dashboard says: every text, to be replaced in part or in whole. */

import type { EndReason, ErrorCode, Recommendation, SecurityEvent, Session, Severity } from '../../core/types.js';

/** Why a session is over, as its user is told; `elsewhere` is a sign-out from another device. */
export type EndedHow = EndReason | 'elsewhere' | 'unknown';

/** What is known about a session for a sentence about it; every text is safe to put in the middle of one. */
export interface Facts {
  /** `Firefox on Linux`, `iPhone`. */
  readonly device: string;
  /** `Lisbon, PT` or `Portugal`. */
  readonly place: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** The country that most other sessions are in. */
  readonly usual: string | null;
}

/** What a recommendation adds. */
export interface RecommendationFacts extends Facts {
  readonly days: number | null;
  readonly version: string | null;
  readonly oldest: string | null;
  readonly count: number | null;
  readonly limit: number | null;
  readonly ip: string | null;
}

/** The texts. Functions get what they speak of, already in the reader's language. */
export interface Labels {
  readonly title: string;
  /** For an administrator, who looks at somebody else. */
  readonly titleOf: (user: string) => string;
  readonly nowhere: (user: string) => string;
  readonly live: string;
  readonly notLive: string;
  readonly loading: string;
  readonly onlyHere: string;
  readonly sessions: string;

  readonly thisDevice: string;
  readonly unknownDevice: string;
  readonly deviceTypes: Record<Session['device_type'], string>;
  /** One of the two is there. */
  readonly software: (browser: string | null, os: string | null) => string;
  readonly place: (city: string, country: string) => string;
  readonly activeNow: string;
  readonly active: (when: string) => string;
  readonly since: (when: string) => string;
  readonly now: string;

  readonly signOut: string;
  readonly signOutNamed: (name: string) => string;
  readonly askSignOut: (name: string) => string;
  readonly keep: string;
  readonly signOutOthers: string;
  readonly signOutEverywhere: string;
  readonly signOutAll: string;
  readonly askOthersTitle: string;
  readonly askEverywhereTitle: string;
  readonly askOthers: (count: number) => string;
  readonly askEverywhere: (count: number) => string;
  readonly askEverywhereOf: (user: string, count: number) => string;
  readonly openPages: string;
  readonly reason: string;
  readonly cancel: string;
  readonly signedOutOthers: (count: number, until: string) => string;
  readonly signedOutOf: (user: string, until: string) => string;
  readonly refused: (name: string) => string;
  readonly refusedMany: string;
  readonly reauthenticate: string;

  readonly recommendations: string;
  readonly thatWasMe: string;
  readonly dismiss: string;
  readonly signItOut: string;
  readonly dismissed: string;
  readonly undo: string;
  readonly recommendation: Record<Recommendation['code'], (facts: RecommendationFacts) => string>;
  /** What has no sentence of its own is called what its event is called. */
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
  readonly change: (from: string, to: string) => string;
  readonly severity: Record<Severity, string>;

  readonly offline: (since: string | null) => string;
  readonly unreachable: (wait: string | null) => string;
  readonly tryNow: string;
  readonly limited: (wait: string | null) => string;
  readonly stale: (since: string) => string;
  /** For codes that have their own sentence; all others are `unreachable`. */
  readonly errors: Partial<Record<ErrorCode, string>>;

  readonly ended: Record<Exclude<EndedHow, 'evicted'>, string>;
  readonly evicted: (limit: number | null) => string;

  readonly appeared: (name: string) => string;
  readonly disappeared: (name: string) => string;
  readonly olderEvents: (count: number) => string;
  readonly backOnline: string;

  /** The code of the page did not come. */
  readonly notLoaded: string;
  readonly reload: string;
}

/** Those that are needed before the page has come. */
export type FirstLabels = Pick<
  Labels,
  | ('title' | 'titleOf' | 'live' | 'notLive' | 'loading' | 'signOutOthers' | 'notLoaded' | 'reload')
  | ('offline' | 'backOnline' | 'unreachable' | 'tryNow' | 'limited' | 'stale' | 'errors' | 'ended' | 'evicted')
>;

/** What an app may replace: some of the texts, and within a group some of the group. */
export type PartialLabels = {
  readonly [Name in keyof Labels]?: Labels[Name] extends string | ((...facts: never[]) => string)
    ? Labels[Name]
    : Partial<Labels[Name]>;
};

/** English texts with an app's own in them; an app may have more than are asked for. */
export function withLabels<Texts extends FirstLabels>(english: Texts, own: PartialLabels | undefined): Texts {
  if (own === undefined) return english;
  const merged: Record<string, unknown> = { ...english };
  for (const [name, text] of given(own)) {
    merged[name] = typeof text === 'object' ? { ...(merged[name] as object | undefined), ...Object.fromEntries(given(text as object)) } : text;
  }
  // Names and kinds of texts are those of `PartialLabels`.
  return merged as unknown as Texts;
}

/** Without what an app that is less strict with its types leaves undefined. */
function given(texts: object): [string, unknown][] {
  return Object.entries(texts).filter(([, text]) => text !== undefined);
}
