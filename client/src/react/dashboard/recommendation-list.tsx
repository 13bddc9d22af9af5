/** What the reader should have a look at, each with an answer. */

import { type ReactElement, useLayoutEffect, useRef, useState } from 'react';

import type { Analytics, Recommendation, Session } from '../../core/types.js';
import { AskInPlace } from './inline-confirm.js';
import { dismissalKey, keepDismissals, readDismissals } from './dismissals.js';
import { MovingTime } from './relative-time.js';
import { recommendationSentence } from '../i18n/describe.js';
import { fullName } from '../i18n/session-names.js';
import { useWords } from '../i18n/i18n-context.js';

interface RecommendationListProps {
  readonly recommendations: readonly Recommendation[];
  readonly sessions: readonly Session[];
  readonly analytics: Analytics | null;
  readonly onSignOut: (session: Session) => void;
}

/** The codes that ask "is that you?"; the others only want to be known. */
const ASKS_WHO: ReadonlySet<string> = new Set(['new_country', 'unknown_device', 'impossible_travel']);

/** The recommendations that were not seen to, and those that just were, with a way back. */
export function RecommendationList(props: RecommendationListProps): ReactElement | null {
  const { labels } = useWords();
  const [dismissed, setDismissed] = useState(readDismissals);
  const [undoable, setUndoable] = useState<ReadonlySet<string>>(new Set());
  const see = (key: string, isSeen: boolean): void => {
    const seen = toggled(dismissed, key, isSeen);
    keepDismissals(seen);
    setDismissed(seen);
    setUndoable(toggled(undoable, key, isSeen));
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
              <Dismissed onUndo={() => see(key, false)} />
            ) : (
              <Advice {...props} recommendation={recommendation} onDismiss={() => see(key, true)} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Dismissed({ onUndo }: { onUndo: () => void }): ReactElement {
  const { labels } = useWords();
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

interface AdviceProps extends RecommendationListProps {
  readonly recommendation: Recommendation;
  readonly onDismiss: () => void;
}

function Advice({ recommendation, sessions, analytics, onSignOut, onDismiss }: AdviceProps): ReactElement {
  const words = useWords();
  const { labels } = words;
  const session = sessions.find(({ session_id }) => session_id === recommendation.session_id) ?? null;
  const sentence = recommendationSentence(recommendation, session, analytics, words);
  const at = recommendation.detail['at'];
  const name = session === null ? null : fullName(session, words);
  const dismiss = ASKS_WHO.has(recommendation.code) ? labels.thatWasMe : labels.dismiss;
  return (
    <>
      <p>
        <strong>{sentence}</strong>
        {typeof at === 'string' && (
          <>
            {', '}
            <MovingTime at={at} phrase={(when) => when ?? labels.now} />
          </>
        )}
        {'. '}
        {name !== null && !sentence.includes(name) && `${name}.`}
      </p>{' '}
      <button type="button" aria-label={`${dismiss}: ${sentence}`} onClick={onDismiss}>
        {dismiss}
      </button>{' '}
      {session !== null && name !== null && !session.is_current && (
        <AskInPlace
          text={labels.signItOut}
          name={`${labels.signItOut}: ${name}`}
          question={labels.askSignOut(name)}
          onYes={() => onSignOut(session)}
        />
      )}
    </>
  );
}

function toggled(keys: ReadonlySet<string>, key: string, isIn: boolean): ReadonlySet<string> {
  const others = [...keys].filter((other) => other !== key);
  return new Set(isIn ? [...others, key] : others);
}
