/** The findings about a session, if there is no question about it. */

import type { ReactElement } from 'react';

import type { Analytics, Session } from '../../core/types.js';
import { describeFinding } from '../i18n/describe.js';
import { useI18n } from '../i18n/i18n-context.js';
import { AlertIcon } from './icons.js';

interface SessionFindingsProps {
  readonly session: Session;
  readonly analytics: Analytics | null;
  readonly isAdminView: boolean;
}

export function SessionFindings({ session, analytics, isAdminView }: SessionFindingsProps): ReactElement | null {
  const i18n = useI18n();
  const { findings } = session.risk;
  if (findings.length === 0) return null;
  return (
    <ul className="latchkey-findings">
      {findings.map((finding, index) => (
        <li key={index} className="latchkey-finding" data-severity={finding.severity}>
          {/* Without analytics a finding omits what is usual for "you", which would be wrong for an administrator. */}
          <AlertIcon /> <span>{describeFinding(finding, session, isAdminView ? null : analytics, i18n)}</span>
        </li>
      ))}
    </ul>
  );
}
