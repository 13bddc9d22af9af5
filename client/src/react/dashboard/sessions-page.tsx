/** The part of the dashboard for a signed-in user. It is loaded on demand, because most pages never show it. */

import { type ReactElement, useMemo } from 'react';

import { useListChangeAnnouncement } from '../hooks/use-list-change-announcement.js';
import { useSignOutActions } from '../hooks/use-sign-out-actions.js';
import { ENGLISH } from '../i18n/english.js';
import { I18nContext } from '../i18n/i18n-context.js';
import { bidiSafe, directionOf } from '../i18n/i18n.js';
import { ServerClock } from '../i18n/server-clock.js';
import { type Labels, type PartialLabels, mergeLabels } from '../i18n/labels.js';
import type { SessionStore } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';
import { UNAVAILABLE_ACTIONS } from '../store/unavailable-actions.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { SessionOverview } from './session-overview.js';

/** The sessions that a dialog asks about. */
export type SignOutScope = 'others' | 'everywhere';

interface SessionsPageProps {
  readonly store: SessionStore | null;
  readonly view: SessionView;
  readonly labels: PartialLabels | undefined;
  readonly locale: string | undefined;
  /** Announces a text to screen readers. */
  readonly announce: (text: string) => void;
  readonly confirming: SignOutScope | null;
  /** Opens the dialog from a button, or closes it with `null`. */
  readonly onConfirm: (scope: SignOutScope | null, opener?: HTMLElement) => void;
}

export function SessionsPage({ store, view, labels: own, locale, announce, confirming, onConfirm }: SessionsPageProps): ReactElement {
  const i18n = useMemo(
    () => ({ labels: mergeLabels(ENGLISH, own), locale, direction: directionOf(locale) }),
    [own, locale],
  );
  const { labels } = i18n;
  const { status, sessions, serverTimeOffset } = view;
  const user = bidiSafe(i18n, view.userId);
  const actions = store?.actions ?? UNAVAILABLE_ACTIONS;
  useListChangeAnnouncement(
    useMemo(() => ({ status, sessions }), [status, sessions]),
    i18n,
    announce,
  );
  const signOut = useSignOutActions(actions, user, i18n, announce);
  const showMoreEvents = (): void => {
    const before = view.events.length;
    actions.loadMoreEvents().then(
      () => {
        const count = (store?.getView().events.length ?? before) - before;
        if (count > 0) announce(labels.moreEventsLoaded(count));
      },
      () => signOut.showMessage(labels.unreachable(null)),
    );
  };
  return (
    <I18nContext.Provider value={i18n}>
      {signOut.message !== null && <p className="latchkey-message">{signOut.message}</p>}
      <ServerClock.Provider value={serverTimeOffset}>
        <SessionOverview
          view={view}
          onSignOut={signOut.one}
          onSignOutEverywhere={(opener) => onConfirm('everywhere', opener)}
          onShowMoreEvents={showMoreEvents}
        />
      </ServerClock.Provider>
      {confirming !== null && (
        <ConfirmDialog
          {...dialogTexts(confirming, view.isLoading ? null : sessions.length, user, labels)}
          requiresReason={user !== null}
          onCancel={() => onConfirm(null)}
          onConfirm={(reason) => {
            onConfirm(null);
            signOut[confirming](reason);
          }}
        />
      )}
    </I18nContext.Provider>
  );
}

/** The dialog's texts, with the number of sessions that end, if it is known. */
function dialogTexts(
  scope: SignOutScope,
  count: number | null,
  user: string | null,
  labels: Labels,
): { readonly title: string; readonly text: string; readonly confirm: string } {
  if (scope === 'others') return { title: labels.confirmOthersTitle, text: labels.confirmOthers(count && count - 1), confirm: labels.signOut };
  const text = user === null ? labels.confirmEverywhere(count) : labels.confirmEverywhereOf(user, count);
  return { title: labels.confirmEverywhereTitle, text, confirm: labels.signOutEverywhere };
}
