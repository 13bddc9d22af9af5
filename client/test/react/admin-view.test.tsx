// @vitest-environment jsdom
/** An administrator looks at another user's sessions, with the real client and the real server. */
import { cleanup, fireEvent, render, renderHook, screen, waitFor, within } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { createLatchkey, headerMode, LatchkeyProvider, SessionMonitoring, useSessionManagement, type Latchkey } from '../../src/index.js';
import { startLocalServer, type LocalServer } from '../server/support/local-server.js';
import { expectAccessible, openPage, textOf } from './support/dashboard.js';

let api: LocalServer;
let client: Latchkey;

beforeAll(async () => {
  api = await startLocalServer();
});
beforeEach(async () => {
  await openPage();
  vi.useRealTimers();
});
afterEach(() => {
  cleanup();
  client.dispose();
  vi.unstubAllGlobals();
});
afterAll(async () => {
  await api?.stop();
});

async function signIn(sub: string, scope?: string): Promise<void> {
  client = createLatchkey({ baseUrl: api.issuer, mode: headerMode(), channel: sub });
  const { assertion } = await api.post('/dev/assertion', { sub, ...(scope && { scope }) });
  await client.signIn(String(assertion));
}
const asAdministrator = (sub: string): Promise<void> => signIn(sub, 'latchkey:admin');

function dashboardOf(userId: string): HTMLElement {
  return render(
    <main>
      <LatchkeyProvider client={client}>
        <SessionMonitoring userId={userId} />
      </LatchkeyProvider>
    </main>,
  ).container;
}

const rows = () => document.querySelectorAll('.latchkey-cards:not([aria-hidden]) .latchkey-card');
const rowButtons = () => [...rows()].map((row) => within(row as HTMLElement).getByRole('button', { name: /^Sign out of/u }));
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const reason = () => screen.getByRole('textbox', { name: 'Reason (kept on record)' });

/** The reasons that the server has recorded for a user's ended sessions. */
async function recordedReasons(userId: string): Promise<unknown[]> {
  const { accessToken } = await api.signIn('auditor', 'latchkey:admin');
  const answer = await fetch(`${api.issuer}/revoke?user_id=${userId}`, { headers: { authorization: `Bearer ${accessToken}` } });
  const { revocations } = (await answer.json()) as { revocations: { note: string | null }[] };
  return revocations.map(({ note }) => note);
}

describe("an administrator on another user's page", () => {
  test("sees the user's name and sessions, and nothing that addresses the user", async () => {
    await api.signIn('paul-1');
    await api.signIn('paul-1');
    await asAdministrator('root-1');
    const container = dashboardOf('paul-1');
    await screen.findByRole('heading', { name: 'Where paul-1 is signed in' });
    await waitFor(() => expect(rows()).toHaveLength(2));
    expect(container.textContent).not.toMatch(/This device|You're not signed in anywhere|Sign out of all other|Was this you/u);
    await expectAccessible(container);
  });

  test('ends one session and must give a reason, next to its button', async () => {
    await api.signIn('paul-2');
    await api.signIn('paul-2');
    await asAdministrator('root-2');
    const container = dashboardOf('paul-2');
    await waitFor(() => expect(rows()).toHaveLength(2));
    fireEvent.click(rowButtons()[0]!);
    expect(document.activeElement).toBe(reason());
    await expectAccessible(container);
    for (const empty of ['', '   ']) {
      fireEvent.change(reason(), { target: { value: empty } });
      fireEvent.click(button('Sign out'));
      expect(reason()).toBeTruthy();
    }
    fireEvent.change(reason(), { target: { value: ' stolen laptop ' } });
    fireEvent.click(button('Sign out'));
    await waitFor(() => expect(rows()).toHaveLength(1));
    await waitFor(async () => expect(await recordedReasons('paul-2')).toEqual(['stolen laptop']));
  });

  test('ends all sessions with a reason from the dialog, and sees the result', async () => {
    await api.signIn('paul-3');
    await asAdministrator('root-3');
    const container = dashboardOf('paul-3');
    await waitFor(() => expect(rows()).toHaveLength(1));
    fireEvent.click(button('Sign out everywhere'));
    const dialog = screen.getByRole('dialog', { name: 'Sign out everywhere?' });
    expect(textOf(dialog)).toContain('paul-3 will be signed out of 1 session.');
    await expectAccessible(container);
    fireEvent.click(within(dialog).getByRole('button', { name: 'Sign out everywhere' }));
    expect(screen.getByRole('dialog')).toBe(dialog);
    fireEvent.change(reason(), { target: { value: 'left the company' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Sign out everywhere' }));
    await screen.findByText("paul-3 isn't signed in anywhere.");
    await waitFor(() => expect(container.querySelector('.latchkey-message')?.textContent).toMatch(/^paul-3 was signed out everywhere\./u));
    expect(await recordedReasons('paul-3')).toEqual(['left the company']);
    expect(client.getState().status).toBe('signed-in');
    await expectAccessible(container);
  });

  test('closes the dialog about a user when the page shows another user', async () => {
    await api.signIn('paul-8');
    await api.signIn('mary-8');
    await asAdministrator('root-8');
    const page = (userId: string) => (
      <LatchkeyProvider client={client}>
        <SessionMonitoring userId={userId} />
      </LatchkeyProvider>
    );
    // This list is known already, so that nothing is loaded in between.
    const { rerender } = render(page('mary-8'));
    await waitFor(() => expect(rows()).toHaveLength(1));
    rerender(page('paul-8'));
    await screen.findByRole('heading', { name: 'Where paul-8 is signed in' });
    await waitFor(() => expect(rows()).toHaveLength(1));
    fireEvent.click(button('Sign out everywhere'));
    expect(screen.getByRole('dialog')).toBeTruthy();
    rerender(page('mary-8'));
    await screen.findByRole('heading', { name: 'Where mary-8 is signed in' });
    await waitFor(() => expect(rows()).toHaveLength(1));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test("does not submit the app's own form around the dashboard", async () => {
    await api.signIn('paul-7');
    await asAdministrator('root-7');
    const outer = vi.fn();
    render(
      <section onSubmit={outer}>
        <LatchkeyProvider client={client}>
          <SessionMonitoring userId="paul-7" />
        </LatchkeyProvider>
      </section>,
    );
    await waitFor(() => expect(rows()).toHaveLength(1));
    fireEvent.click(rowButtons()[0]!);
    fireEvent.change(reason(), { target: { value: 'x' } });
    fireEvent.click(button('Sign out'));
    await screen.findByText("paul-7 isn't signed in anywhere.");
    expect(outer).not.toHaveBeenCalled();
  });

  test('a caller without admin rights sees one error and no sessions', async () => {
    await api.signIn('paul-4');
    await signIn('mallory');
    const container = dashboardOf('paul-4');
    await screen.findByText("You don't have permission to see these sessions.", { selector: '.latchkey-notice *' });
    expect(rows()).toHaveLength(0);
    expect(container.querySelectorAll('.latchkey-notice')).toHaveLength(1);
    await expectAccessible(container);
  });
});

describe("the id of the signed-in user", () => {
  test("shows the user's own dashboard, with this device and without a reason", async () => {
    await api.signIn('alice');
    await signIn('alice');
    dashboardOf('alice');
    await waitFor(() => expect(rows()).toHaveLength(2));
    expect(screen.getByRole('heading', { level: 2 }).textContent).toBe("Where you're signed in");
    expect(rows()[0]?.textContent).toContain('This device');
    fireEvent.click(within(rows()[1] as HTMLElement).getByRole('button', { name: /^Sign out of/u }));
    expect(screen.queryByRole('textbox')).toBeNull();
    fireEvent.click(button('Sign out'));
    await waitFor(() => expect(rows()).toHaveLength(1));
    expect(await recordedReasons('alice')).toEqual([null]);
  });
});

describe('useSessionManagement with a userId', () => {
  const managed = (user: string) =>
    renderHook(
      ({ userId }) => {
        const management = useSessionManagement({ userId });
        return { management, sessions: management.sessions, current: management.currentSession, error: management.error };
      },
      { initialProps: { userId: user }, wrapper: ({ children }) => <LatchkeyProvider client={client}>{children}</LatchkeyProvider> },
    );

  test("lists the user's sessions and ends them with a reason", async () => {
    const { sessionId } = await api.signIn('paul-5');
    await asAdministrator('root-5');
    const { result } = managed('paul-5');
    await waitFor(() => expect(result.current.sessions.map(({ session_id }) => session_id)).toEqual([sessionId]));
    expect(result.current.current).toBeNull();
    await expect(result.current.management.revokeSession(sessionId)).rejects.toMatchObject({ code: 'invalid_request' });
    await waitFor(() => expect(result.current.sessions).toHaveLength(1));
    await expect(result.current.management.revokeSession(sessionId, 'odd place')).resolves.toMatchObject({ ended: 1 });
    await waitFor(() => expect(result.current.sessions).toHaveLength(0));
    expect(await recordedReasons('paul-5')).toEqual(['odd place']);
  });

  test('lists the sessions of the new user when the userId changes', async () => {
    const [paul, mary] = [await api.signIn('paul-9'), await api.signIn('mary-9')];
    await asAdministrator('root-9');
    const { result, rerender } = managed('paul-9');
    const ids = (): readonly string[] => result.current.sessions.map(({ session_id }) => session_id);
    await waitFor(() => expect(ids()).toEqual([paul.sessionId]));
    rerender({ userId: 'mary-9' });
    expect(ids()).toEqual([]);
    await waitFor(() => expect(ids()).toEqual([mary.sessionId]));
  });

  test('returns the error forbidden if the caller is not an administrator', async () => {
    await api.signIn('paul-6');
    await signIn('trudy');
    const { result } = managed('paul-6');
    await waitFor(() => expect(result.current.error).toMatchObject({ code: 'forbidden', status: 403 }));
    expect(result.current.sessions).toEqual([]);
  });
});
