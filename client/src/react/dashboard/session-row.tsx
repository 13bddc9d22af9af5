/** A session as a row: what it is, where it is, what was noticed, and how to end it. */

import { Fragment, type ReactElement, type ReactNode, memo } from 'react';

import type { Analytics, Session } from '../../core/types.js';
import { AskInPlace } from './inline-confirm.js';
import { MovingTime } from './relative-time.js';
import { findingSentence } from '../i18n/describe.js';
import { fullName, placeName, shortName, software } from '../i18n/session-names.js';
import { day, fullTime } from '../i18n/format-relative-time.js';
import { useWords } from '../i18n/i18n-context.js';
import { type Words, within } from '../i18n/i18n.js';

interface SessionRowProps {
  readonly session: Session;
  readonly analytics: Analytics | null;
  /** Somebody else's, seen by an administrator. */
  readonly isOthers: boolean;
  readonly onSignOut: (session: Session, reason: string) => void;
}

/** One session; rendered again only when it has changed, as there may be many. */
export const SessionRow = memo(function SessionRow({ session, analytics, isOthers, onSignOut }: SessionRowProps): ReactElement {
  const words = useWords();
  const { labels } = words;
  const name = fullName(session, words);
  // Without its numbers a finding says what changed, and not what is usual for "you".
  const facts = factsOf(session, isOthers ? null : analytics, words);
  return (
    <li className="latchkey-row" data-latchkey-item={session.session_id} data-risk={session.risk.level}>
      {/* The last row's neighbour: it has no button that could take the focus. */}
      <span className="latchkey-name" tabIndex={session.is_current ? -1 : undefined}>
        {session.is_current ? labels.thisDevice : <bdi>{shortName(session, words)}</bdi>}
      </span>{' '}
      <span className="latchkey-facts">
        {facts.map((fact, index) => (
          <Fragment key={index}>
            {index > 0 && ' · '}
            {fact}
          </Fragment>
        ))}
      </span>{' '}
      {!session.is_current && (
        <AskInPlace
          text={labels.signOut}
          name={labels.signOutNamed(name)}
          question={labels.askSignOut(name)}
          asksWhy={isOthers}
          onYes={(reason) => onSignOut(session, reason)}
        />
      )}
    </li>
  );
});

function factsOf(session: Session, analytics: Analytics | null, words: Words): readonly ReactNode[] {
  const { labels, locale } = words;
  const { is_current: isCurrent, risk, created_at: created } = session;
  const place = placeName(session.location, words);
  const address = within(words, session.ip_address);
  const texts = [
    software(session, isCurrent ? 'this' : 'short', words),
    place,
    isCurrent || place === null ? address : null,
  ].filter((text) => text !== null);
  return [
    // Sentences of ours with names in them: they run our way, whatever letter comes first.
    ...texts.map((text) => <bdi dir={words.direction}>{text}</bdi>),
    <MovingTime
      at={session.last_activity}
      // Whoever looks at this page uses this device, whenever it last had a reason to call, and whatever its clock says.
      phrase={(when) => (when === null || isCurrent ? labels.activeNow : labels.active(when))}
    />,
    isCurrent && (
      <time dateTime={created} title={fullTime(created, locale)}>
        {labels.since(day(created, Date.now(), locale))}
      </time>
    ),
    ...risk.findings.map((finding) => (
      <strong className="latchkey-finding" data-severity={finding.severity}>
        {findingSentence(finding, session, analytics, words)}
      </strong>
    )),
  ].filter((fact) => fact !== false);
}
