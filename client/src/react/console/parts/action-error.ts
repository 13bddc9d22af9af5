/** Explains why an action has failed, and what to do about it. */

import type { LatchkeyErrorLike } from '../../../core/types.js';
import { formatWait } from '../../i18n/format-time.js';
import { bidiSafe } from '../../i18n/i18n.js';
import type { ConsoleI18n } from '../console-labels.js';

export interface ActionError {
  readonly text: string;
  /** The action needs a newer sign-in of the administrator. */
  readonly needsSignIn: boolean;
}

export function describeActionError(error: unknown, i18n: ConsoleI18n): ActionError {
  const { t, locale } = i18n;
  const { code, status, retryAfter, message } = isLatchkeyError(error) ? error : { code: null, status: null, retryAfter: null, message: '' };
  if (code === 'reauthentication_required') return { text: t('signInAgain.text'), needsSignIn: true };
  if (code === 'forbidden') return { text: t('notAllowed'), needsSignIn: false };
  if (code === 'rate_limited') {
    return { text: t('tooMany', { wait: retryAfter === null ? null : formatWait(retryAfter, locale) }), needsSignIn: false };
  }
  const isRefused = status !== null && status >= 400 && status < 500;
  return { text: isRefused ? t('refused', { detail: bidiSafe(i18n, message) }) : t('tryLater'), needsSignIn: false };
}

function isLatchkeyError(error: unknown): error is LatchkeyErrorLike {
  return error instanceof Error && 'code' in error;
}
