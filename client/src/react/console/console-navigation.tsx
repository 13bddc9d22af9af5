/** The navigation of the console: its pages, and a search. */

import { type FormEvent, type ReactElement, useState } from 'react';

import { useConsole } from './console-context.js';
import { type ConsoleView, NOTABLE_EVENTS, OVERVIEW } from './state/console-view.js';

/** The API's limit for the id of a user, in bytes. */
const MAX_LENGTH = 255;

export function ConsoleNavigation({ view }: { readonly view: ConsoleView }): ReactElement {
  const { i18n, navigate } = useConsole();
  const { t } = i18n;
  const links: readonly (readonly [ConsoleView, string])[] = [
    [OVERVIEW, t('nav.overview')],
    [NOTABLE_EVENTS, t('nav.events')],
  ];
  return (
    <div className="latchkey-console-bar">
      <nav aria-label={t('nav.label')}>
        {links.map(([to, name]) => (
          <button key={to.page} type="button" aria-current={to.page === view.page ? 'page' : undefined} onClick={() => navigate(to)}>
            {name}
          </button>
        ))}
      </nav>
      <SearchForm key={view.page === 'search' ? view.q : ''} initial={view.page === 'search' ? view.q : ''} />
    </div>
  );
}

function SearchForm({ initial }: { readonly initial: string }): ReactElement {
  const { i18n, navigate } = useConsole();
  const { t } = i18n;
  const [text, setText] = useState(initial);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    navigate({ page: 'search', q: text.trim() });
  };
  return (
    <form role="search" className="latchkey-search" onSubmit={submit}>
      <label>
        {t('search.label')}{' '}
        <input
          type="search"
          value={text}
          required
          pattern=".*\S.*"
          maxLength={MAX_LENGTH}
          autoComplete="off"
          spellCheck={false}
          dir="auto"
          onChange={({ target }) => setText(target.value)}
        />
      </label>{' '}
      <button type="submit">{t('search.submit')}</button>
    </form>
  );
}
