/** Which advice is about which session, and which advice has the user answered? */

import type { Recommendation, Session } from '../../core/types.js';
import type { Answers } from './use-answers.js';

export interface Advice {
  /** By session id; only sessions of the list. */
  readonly bySession: ReadonlyMap<string, readonly Recommendation[]>;
  /** About the account, or about a session that has ended. */
  readonly general: readonly Recommendation[];
}

/** Recommendations that ask "Was this you?". The others only inform. */
const ASKS_WAS_THIS_YOU: ReadonlySet<string> = new Set(['new_country', 'unknown_device', 'impossible_travel']);

export function asksWasThisYou(advice: readonly Recommendation[]): boolean {
  return advice.some(({ code }) => ASKS_WAS_THIS_YOU.has(code));
}

/** Groups the advice, so that each session has one decision. */
export function groupAdvice(recommendations: readonly Recommendation[], sessions: readonly Session[]): Advice {
  const bySession = new Map<string, Recommendation[]>(sessions.map(({ session_id }) => [session_id, []]));
  const general: Recommendation[] = [];
  for (const one of recommendations) (bySession.get(one.session_id ?? '') ?? general).push(one);
  return { bySession, general };
}

/** `asking` until the user has answered all of it, then `answered`. */
export type AdviceState = 'none' | 'asking' | 'answered';

export function adviceState(advice: readonly Recommendation[], { answered, keyOf }: Pick<Answers, 'answered' | 'keyOf'>): AdviceState {
  if (advice.length === 0) return 'none';
  return advice.every((one) => answered.has(keyOf(one))) ? 'answered' : 'asking';
}
