/**
 * Every state of the pages, for looking and for the tests: `?state=many&theme=dark`, or `?state=many&sheet` for several widths
 * and themes. Without a state there is a list of all.
 */

import { createRoot } from 'react-dom/client';

import { SecurityConsole } from '../src/console.js';
import { LatchkeyProvider, SessionMonitoring } from '../src/index.js';
import { stopClock } from './fixed-clock.js';
import { Sheet } from './sheet.js';
import { STATES } from './states.js';
import { staticClient } from './static-client.js';

stopClock();
const query = new URLSearchParams(location.search);
const name = query.get('state') ?? '';
const shown = STATES[name];
const theme = query.get('theme');
if (theme !== null) document.documentElement.dataset['theme'] = theme;

const index = (
  <ul>
    {Object.keys(STATES).map((name) => (
      <li key={name}>
        <a href={`?state=${name}`}>{name}</a>, <a href={`?state=${name}&sheet`}>{name} in all widths</a>
      </li>
    ))}
  </ul>
);

const page = shown && (
  <LatchkeyProvider client={staticClient(shown.state, shown.events ?? [], shown.console?.fleet)}>
    {shown.console ? (
      <SecurityConsole locale={shown.locale ?? 'en-GB'} view={shown.console.view} labels={shown.labels} onSignInAgain={() => {}} />
    ) : (
      <SessionMonitoring locale="en-GB" {...shown.props} />
    )}
  </LatchkeyProvider>
);

const place = document.getElementById('page');
if (place) {
  createRoot(place).render(
    <main>
      <h1>{name || 'The states of the pages'}</h1>
      {query.has('sheet') ? <Sheet state={name} /> : (page ?? index)}
    </main>,
  );
}
