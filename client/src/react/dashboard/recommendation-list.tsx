/** Security recommendations, each with buttons to answer it. */

import { type ReactElement, useLayoutEffect, useRef, useState } from 'react';

import type { Analytics, Recommendation, Session } from '../../core/types.js';
import { describeRecommendation } from '../i18n/describe.js';
import { useI18n } from '../i18n/i18n-context.js';
import { fullName } from '../i18n/session-names.js';
import { dismissalKey, readDismissals, storeDismissals } from './dismissals.js';
import { InlineConfirm } from './inline-confirm.js';
import { RelativeTime } from './relative-time.js';

interface RecommendationListProps {
  readonly recommendations: readonly Recommendation[];
  readonly sessions: readonly Session[];
  readonly analytics: Analytics | null;
  readonly onSignOut: (session: Session) => void;
}

/** Recommendations that ask "Was this you?". The others can only be dismissed. */
const ASKS_WAS_THIS_YOU: ReadonlySet<string> = new Set(['new_country', 'unknown_device', 'impossible_travel']);

/** The recommendations that are not dismissed, and those that were dismissed since the page was opened, with "Undo". */
export function RecommendationList(props: RecommendationListProps): ReactElement | null {
  const { labels } = useI18n();
  const [dismissed, setDismissed] = useState(readDismissals);
  const [undoable, setUndoable] = useState<ReadonlySet<string>>(new Set());
  const setIsDismissed = (key: string, isDismissed: boolean): void => {
    const keys = withMember(dismissed, key, isDismissed);
    storeDismissals(keys);
    setDismissed(keys);
    setUndoable(withMember(undoable, key, isDismissed));
  };
  const shown = props.recommendations
    .map((recommendation) => ({ recommendation, key: dismissalKey(recommendation) }))
    .filter(({ key }) => !dismissed.has(key) || undoable.has(key));
  if (shown.length === 0) return null;
  return (
    <section className="latchkey-recommendations" aria-label={labels.recommendations}>
      <ul>
        {shown.map(({ recommendation, key }) => (
          <li key={key} data-latchkey-item={key} data-severity={recommendation.severity}>
            {dismissed.has(key) ? (
              <DismissedItem onUndo={() => setIsDismissed(key, false)} />
            ) : (
              <RecommendationItem {...props} recommendation={recommendation} onDismiss={() => setIsDismissed(key, true)} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function DismissedItem({ onUndo }: { onUndo: () => void }): ReactElement {
  const { labels } = useI18n();
  const undo = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => undo.current?.focus(), []);
  return (
    <p>
      {labels.dismissed}{' '}
      <button type="button" ref={undo} onClick={onUndo}>
        {labels.undo}
      </button>
    </p>
  );
}

interface RecommendationItemProps extends RecommendationListProps {
  readonly recommendation: Recommendation;
  readonly onDismiss: () => void;
}

function RecommendationItem({ recommendation, sessions, analytics, onSignOut, onDismiss }: RecommendationItemProps): ReactElement {
  const i18n = useI18n();
  const { labels } = i18n;
  const session = sessions.find(({ session_id }) => session_id === recommendation.session_id) ?? null;
  const sentence = describeRecommendation(recommendation, session, analytics, i18n);
  const at = recommendation.detail['at'];
  const name = session === null ? null : fullName(session, i18n);
  const asks = ASKS_WAS_THIS_YOU.has(recommendation.code);
  const dismiss = asks ? labels.itWasMe : labels.dismiss;
  const signOut = asks ? labels.itWasNotMe : labels.signOut;
  return (
    <>
      <p>
        <strong>{sentence}</strong>
        {typeof at === 'string' && (
          <>
            {', '}
            <RelativeTime at={at} phrase={(when) => when ?? labels.justNow} />
          </>
        )}
        {'. '}
        {name !== null && !sentence.includes(name) && `${name}. `}
        {asks && labels.wasThisYou}
      </p>{' '}
      <button type="button" aria-label={`${dismiss}: ${sentence}`} onClick={onDismiss}>
        {dismiss}
      </button>{' '}
      {session !== null && name !== null && !session.is_current && (
        <InlineConfirm
          text={signOut}
          name={`${signOut}: ${name}`}
          question={labels.confirmSignOut(name)}
          onConfirm={() => onSignOut(session)}
        />
      )}
    </>
  );
}

function withMember(keys: ReadonlySet<string>, key: string, isMember: boolean): ReadonlySet<string> {
  const others = [...keys].filter((other) => other !== key);
  return new Set(isMember ? [...others, key] : others);
}
