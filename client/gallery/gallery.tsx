/** Every state of the page, for looking and for the tests: `?state=many&theme=dark`. Without a state there is a list of all. */

import { createRoot } from 'react-dom/client';

import { LatchkeyProvider, SessionMonitoring } from '../src/index.js';
import { STATES } from './states.js';
import { staticClient } from './static-client.js';

const query = new URLSearchParams(location.search);
const shown = STATES[query.get('state') ?? ''];
const theme = query.get('theme');
if (theme !== null) document.documentElement.dataset['theme'] = theme;

const index = (
  <ul>
    {Object.keys(STATES).map((name) => (
      <li key={name}>
        <a href={`?state=${name}`}>{name}</a>
      </li>
    ))}
  </ul>
);

const place = document.getElementById('page');
if (place) {
  createRoot(place).render(
    <main>
      <h1>{query.get('state') ?? 'The states of the account page'}</h1>
      {shown === undefined ? index : (
        <LatchkeyProvider client={staticClient(shown.state, shown.events ?? [])}>
          <SessionMonitoring locale="en-GB" {...shown.props} />
        </LatchkeyProvider>
      )}
    </main>,
  );
}
