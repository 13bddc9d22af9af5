/** The dashboard's page for somebody who is signed in: the sessions, what was noticed, and how to end them. Comes on demand. */

import { type ReactElement, useMemo } from 'react';

import { ConfirmDialog } from './confirm-dialog.js';
import { ENGLISH } from '../i18n/english.js';
import { type Labels, type PartialLabels, withLabels } from '../i18n/labels.js';
import { NO_ACTIONS } from '../store/unavailable-actions.js';
import { SessionOverview } from './session-overview.js';
import type { SessionStore } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';
import { useChanges } from '../hooks/use-list-change-announcement.js';
import { useSignOuts } from '../hooks/use-sign-out-actions.js';
import { WordsContext } from '../i18n/i18n-context.js';
import { directionOf, within } from '../i18n/i18n.js';

/** The sessions that a question is about. */
export type Asked = 'others' | 'everywhere';

interface SessionsPageProps {
  readonly store: SessionStore | null;
  readonly view: SessionView;
  readonly labels: PartialLabels | undefined;
  readonly locale: string | undefined;
  /** Announces a sentence. */
  readonly say: (text: string) => void;
  readonly asked: Asked | null;
  /** Asks from a button on, or takes the question back. */
  readonly onAsk: (what: Asked | null, opener?: HTMLElement) => void;
}

export function SessionsPage({ store, view, labels: own, locale, say, asked, onAsk }: SessionsPageProps): ReactElement {
  const words = useMemo(
    () => ({ labels: withLabels(ENGLISH, own), locale, direction: directionOf(locale) }),
    [own, locale],
  );
  const { labels } = words;
  const { status, sessions } = view;
  const user = within(words, view.userId);
  const actions = store?.actions ?? NO_ACTIONS;
  useChanges(
    useMemo(() => ({ status, sessions }), [status, sessions]),
    words,
    say,
  );
  const signOuts = useSignOuts(actions, user, words, say);
  return (
    <WordsContext.Provider value={words}>
      {signOuts.outcome !== null && <p className="latchkey-outcome">{signOuts.outcome}</p>}
      <SessionOverview
        view={view}
        onSignOut={signOuts.one}
        onEverywhere={(opener) => onAsk('everywhere', opener)}
        onMoreEvents={() => {
          const before = view.events.length;
          actions.loadMoreEvents().then(
            () => {
              const count = (store?.getView().events.length ?? before) - before;
              if (count > 0) say(labels.olderEvents(count));
            },
            () => signOuts.tell(labels.unreachable(null)),
          );
        }}
      />
      {asked !== null && (
        <ConfirmDialog
          {...questionOf(asked, sessions.length, user, labels)}
          asksWhy={user !== null}
          onCancel={() => onAsk(null)}
          onConfirm={(reason) => {
            onAsk(null);
            signOuts[asked](reason);
          }}
        />
      )}
    </WordsContext.Provider>
  );
}

/** What the dialog asks: how many sessions end, and which one stays. */
function questionOf(
  asked: Asked,
  count: number,
  user: string | null,
  labels: Labels,
): { readonly title: string; readonly text: string; readonly confirm: string } {
  if (asked === 'others') return { title: labels.askOthersTitle, text: labels.askOthers(count - 1), confirm: labels.signOutOthers };
  const text = user === null ? labels.askEverywhere(count) : labels.askEverywhereOf(user, count);
  return { title: labels.askEverywhereTitle, text, confirm: labels.signOutAll };
}
