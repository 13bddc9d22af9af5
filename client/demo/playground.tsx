/** A clock and faults to play with: the page must go on, whatever the server does. */

import { type ReactElement, useEffect, useState } from 'react';

import { addFault, moveClock, type ServerClock } from './dev-controls.js';

const HOUR = 3_600;

export function Playground(): ReactElement {
  return (
    <section className="playground" aria-labelledby="playground">
      <h2 id="playground">Play with the clock and with faults</h2>
      <Clock />
      <Faults />
    </section>
  );
}

function Clock(): ReactElement {
  const [clock, setClock] = useState<ServerClock | null>(null);
  useEffect(() => void moveClock(0).then(setClock), []);
  const move = (seconds: number): void => void moveClock(seconds).then(setClock);
  return (
    <>
      <p>
        After an hour the access token has expired, and the page renews it. After eight days without a visit the session has expired.
        {clock && <span className="clock">{` Server's clock: ${new Date(clock.now).toLocaleString()}.`}</span>}
      </p>
      <div className="controls">
        <button type="button" onClick={() => move(HOUR)}>
          Move the server’s clock an hour ahead
        </button>
        <button type="button" onClick={() => move(8 * 24 * HOUR)}>
          Eight days ahead
        </button>
        <button type="button" disabled={clock?.offset_seconds === 0} onClick={() => clock && move(-clock.offset_seconds)}>
          Back to now
        </button>
      </div>
    </>
  );
}

const FAULTS = [
  { text: 'Let the database fail 30 times', kind: 'error_500', count: 30 },
  { text: 'Lose its next 3 responses', kind: 'timeout_after_commit', count: 3 },
  { text: 'Make 30 calls slow', kind: 'slow', count: 30 },
];

function Faults(): ReactElement {
  const [pending, setPending] = useState(0);
  const add = (fault: { kind?: string; count: number }): void => void addFault(fault).then(setPending);
  return (
    <>
      <p>Break the database. The page stays signed in, shows that it gets no data, and recovers by itself.</p>
      <div className="controls">
        {FAULTS.map(({ text, kind, count }) => (
          <button key={kind} type="button" onClick={() => add({ kind, count })}>
            {text}
          </button>
        ))}
        <button type="button" disabled={pending === 0} onClick={() => add({ count: 0 })}>
          Repair it
        </button>
      </div>
    </>
  );
}
