// @vitest-environment jsdom
/** The usage examples of the package's specification, word for word except for the imports: they compile and run. */
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';

import { LatchkeyProvider, SessionMonitoring, useSessionManagement } from '../../src/index.js';
import type { LatchkeyState } from '../../src/core/types.js';
import { fakeLatchkey } from './support/fake-latchkey.js';
import { HERE, PHONE, SIGNED_IN, SIGNED_OUT } from './support/fixtures.js';

afterEach(cleanup);

const user = { id: 'user-1' };

function MyComponent() {
  const { 
    sessions, 
    currentSession, 
    revokeSession, 
    refreshSessions 
  } = useSessionManagement();
  void [currentSession, refreshSessions];

  return (
    <div>
      <h2>Active Sessions: {sessions.length}</h2>
      {sessions.map(session => (
        <div key={session.session_id}>
          {session.device_type} - {session.browser}
          <button onClick={() => revokeSession(session.session_id)}>
            Revoke
          </button>
        </div>
      ))}
    </div>
  );
}

function TokenStatus() {
  const { tokenStatus, isTokenExpired, needsTokenRefresh } = useSessionManagement();

  if (isTokenExpired) {
    return <div>Session expired. Please log in again.</div>;
  }

  if (needsTokenRefresh) {
    return <div>Refreshing session...</div>;
  }

  return <div>Session active until {new Date(tokenStatus.expiresAt).toLocaleString()}</div>;
}

function SecurityDashboard() {
  return (
    <div>
      <h1>Security Dashboard</h1>
      <SessionMonitoring userId={user.id} />
    </div>
  );
}

function show(component: React.ReactElement, state: Partial<LatchkeyState>) {
  const fake = fakeLatchkey(state);
  return { fake, ...render(<LatchkeyProvider client={fake.client}>{component}</LatchkeyProvider>) };
}

test('the basic session management example lists and revokes sessions', () => {
  const { fake } = show(<MyComponent />, { ...SIGNED_IN, sessions: [HERE, PHONE] });
  expect(screen.getByText('Active Sessions: 2')).toBeTruthy();
  expect(screen.getByText(/mobile - Safari/u)).toBeTruthy();
  fireEvent.click(screen.getAllByText('Revoke')[1]!);
  expect(fake.sessions.revoke.mock.calls).toEqual([[PHONE.session_id]]);
  expect(screen.getByText('Active Sessions: 1')).toBeTruthy();
});

test.each([
  ['before the first answer', {}, /^Refreshing session/u],
  ['signed in', SIGNED_IN, /^Session active until .*2026/u],
  ['signed out', SIGNED_OUT, /^Session expired/u],
])('the token status example %s', (_, state, text) => {
  show(<TokenStatus />, state);
  expect(screen.getByText(text)).toBeTruthy();
});

test("the security example shows the dashboard below the page's own heading", async () => {
  show(<SecurityDashboard />, SIGNED_IN);
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Security Dashboard');
  expect(screen.getByRole('heading', { level: 2 }).textContent).toBe("Where you're signed in");
  expect(await screen.findByText('This device', {}, { timeout: 10_000 })).toBeTruthy();
});
