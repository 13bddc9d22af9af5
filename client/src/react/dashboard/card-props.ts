/** The properties of a session's card. */

import type { Analytics, Recommendation, Session } from '../../core/types.js';
import type { OnConfirm } from './confirm-dialog.js';
import type { Answers } from './use-answers.js';

export interface SessionCardProps {
  readonly session: Session;
  readonly analytics: Analytics | null;
  /** An administrator looks at another user's session. */
  readonly isAdminView: boolean;
  /** The advice to show; empty if there is none, or if it was answered on an earlier visit. */
  readonly advice: readonly Recommendation[];
  readonly hasAdvice: boolean;
  readonly isAnswered: boolean;
  readonly onAnswer: Answers['setAnswered'];
  readonly onSignOut: (session: Session, reason: string) => void;
  readonly onUnrecognised: (session: Session) => void;
  readonly onConfirm: OnConfirm;
}
