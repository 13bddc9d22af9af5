/** A session in the list: its name, software, place, activity and findings, and a button that signs it out. */

import { Fragment, type ReactElement, type ReactNode, memo } from 'react';

import type { Analytics, Session } from '../../core/types.js';
import { describeFinding } from '../i18n/describe.js';
import { formatDate, formatFullTime } from '../i18n/format-relative-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { type I18n, bidiSafe } from '../i18n/i18n.js';
import { useServerNow } from '../i18n/server-clock.js';
import { fullName, placeName, shortName, softwareName } from '../i18n/session-names.js';
import { InlineConfirm } from './inline-confirm.js';
import { RelativeTime } from './relative-time.js';

interface SessionRowProps {
  readonly session: Session;
  readonly analytics: Analytics | null;
  /** An administrator looks at another user's session. */
  readonly isAdminView: boolean;
  readonly onSignOut: (session: Session, reason: string) => void;
}

/** Memoised, because the list may have hundreds of rows and usually only one of them has changed. */
export const SessionRow = memo(function SessionRow({ session, analytics, isAdminView, onSignOut }: SessionRowProps): ReactElement {
  const i18n = useI18n();
  const { labels } = i18n;
  const name = fullName(session, i18n);
  // Without analytics a finding omits what is usual for "you", which would be wrong for an administrator.
  const facts = factsOf(session, isAdminView ? null : analytics, i18n, useServerNow()());
  return (
    <li className="latchkey-row" data-latchkey-item={session.session_id} data-risk={session.risk.level}>
      {/* This device has no button, so its name takes the focus when the last other row is removed. */}
      <span className="latchkey-name" tabIndex={session.is_current ? -1 : undefined}>
        {session.is_current ? labels.thisDevice : <bdi>{shortName(session, i18n)}</bdi>}
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
        <InlineConfirm
          text={labels.signOut}
          name={labels.signOutOf(name)}
          question={labels.confirmSignOut(name)}
          requiresReason={isAdminView}
          onConfirm={(reason) => onSignOut(session, reason)}
        />
      )}
    </li>
  );
});

function factsOf(session: Session, analytics: Analytics | null, i18n: I18n, now: number): readonly ReactNode[] {
  const { labels, locale } = i18n;
  const { is_current: isCurrent, binding, risk, created_at: created } = session;
  const place = placeName(session.location, i18n);
  const address = bidiSafe(i18n, session.ip_address);
  const texts = [
    softwareName(session, isCurrent ? 'this-device' : 'short-name', i18n),
    place,
    isCurrent || place === null ? address : null,
  ].filter((text) => text !== null);
  return [
    // These phrases are ours with names in them, so they have our direction, whatever their first letter is.
    ...texts.map((text) => <bdi dir={i18n.direction}>{text}</bdi>),
    <RelativeTime
      at={session.last_activity}
      // The reader uses this device now, even if its last request was long ago or its clock is wrong.
      phrase={(when) => (when === null || isCurrent ? labels.activeNow : labels.lastActive(when))}
    />,
    isCurrent && (
      <time dateTime={created} title={formatFullTime(created, locale)}>
        {labels.signedInSince(formatDate(created, now, locale))}
      </time>
    ),
    binding !== 'none' && labels.boundTo[binding],
    ...risk.findings.map((finding) => (
      <strong className="latchkey-finding" data-severity={finding.severity}>
        {describeFinding(finding, session, analytics, i18n)}
      </strong>
    )),
  ].filter((fact) => fact !== false);
}
