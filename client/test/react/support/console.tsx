/** Renders the security console at 09:30 UTC on 25 November 2026, with the sample data of the gallery. */

import { act, render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { vi } from 'vitest';

import { FLEET_EVENTS, FOUND, NOT_SUSPENDED, OVERVIEW, PREVIEW, SIGN_INS } from '../../../gallery/console-data.js';
import { type ConsoleView, preloadSecurityConsole, SecurityConsole, type SecurityConsoleProps } from '../../../src/console.js';
import type { Fleet } from '../../../src/core/fleet/fleet-types.js';
import { ADD_ON } from '../../../src/core/runtime/add-ons.js';
import type { UserState } from '../../../src/core/sessions/user-sessions-of.js';
import type { LatchkeyState } from '../../../src/core/types.js';
import { LatchkeyProvider } from '../../../src/index.js';
import { openPage, pass } from './dashboard.js';
import { fakeLatchkey, REVOKE_RESPONSE } from './fake-latchkey.js';
import { HERE, PHONE, SIGNED_IN } from './fixtures.js';

/** Call before each test: loads the console, stops the clock and makes dialogs work in jsdom. */
export async function openConsole(): Promise<void> {
  for (const locale of ['en', 'de']) await preloadSecurityConsole(locale);
  await openPage();
}

/** The calls of the fleet, which a test may replace. */
export function fakeFleet() {
  return {
    overview: vi.fn<Fleet['overview']>(async (hours = 24) => ({ ...OVERVIEW, hours: OVERVIEW.hours.slice(0, hours) })),
    events: vi.fn<Fleet['events']>(async (query) => ({ events: query?.cursor === undefined ? FLEET_EVENTS : [], next: null })),
    exportEvents: vi.fn<Fleet['exportEvents']>(async () => ({ text: 'event_id\n1\n2\n', next: null })),
    signIns: vi.fn<Fleet['signIns']>(async () => ({ network: PREVIEW.network, signIns: SIGN_INS, next: null })),
    search: vi.fn<Fleet['search']>(async () => FOUND),
    revocations: vi.fn<Fleet['revocations']>(async () => NOT_SUSPENDED),
    suspend: vi.fn<Fleet['suspend']>(async () => ({ ...REVOKE_RESPONSE, ended: 3 })),
    resume: vi.fn<Fleet['resume']>(async () => true),
    previewNetwork: vi.fn<Fleet['previewNetwork']>(async () => PREVIEW),
    endNetwork: vi.fn<Fleet['endNetwork']>(async () => ({ ...PREVIEW, preview: false })),
  };
}

const ADMINISTRATOR: Partial<LatchkeyState> = { ...SIGNED_IN, userId: 'root', sessions: [HERE], recommendations: [] };

/** The sessions of another user, with calls of their own. */
function fakeUser(userId: string, more: Partial<UserState>) {
  const fake = fakeLatchkey({ ...SIGNED_IN, userId, sessions: [PHONE], recommendations: [], ...more });
  return { ...fake.sessions, getState: fake.client.getState, subscribe: fake.client.subscribe };
}

/** `theirs` is what the client knows of the sessions of every user but `root`. */
export async function securityConsole(
  view: ConsoleView | undefined,
  fleet = fakeFleet(),
  props: SecurityConsoleProps = {},
  state: Partial<LatchkeyState> = ADMINISTRATOR,
  theirs: Partial<UserState> = {},
) {
  const fake = fakeLatchkey(state);
  const users = new Map<string, ReturnType<typeof fakeUser>>();
  const userOf = (id: string) => {
    const known = users.get(id) ?? fakeUser(id, id === 'root' ? { sessions: [HERE] } : theirs);
    users.set(id, known);
    return known;
  };
  // One object for all add-ons: their methods have different names, except for `events`, whose answers have one form.
  const addOn = Object.assign(userOf, fake.sessions, fleet);
  const client = { ...fake.client, [ADD_ON]: <T,>() => addOn as T };
  const onViewChange = vi.fn();
  // The console keeps its view itself if the test names only the first one.
  const first = view ?? { page: 'overview' };
  const page = (current: ConsoleView) => (
    <main>
      <LatchkeyProvider client={client}>
        <SecurityConsole locale="en-GB" view={current} onViewChange={follow} {...props} />
      </LatchkeyProvider>
    </main>
  );
  const follow = (next: ConsoleView): void => {
    onViewChange(next);
    rerender(page(next));
  };
  const { container, rerender } = render(page(first));
  await pass();
  await pass();
  const user = userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTime(ms) });
  return {
    container,
    fleet,
    fake,
    userOf,
    user,
    onViewChange,
    set: async (part: Partial<LatchkeyState>) => {
      act(() => fake.set(part));
      await pass();
    },
    click: async (element: HTMLElement) => {
      await user.click(element);
      await pass();
    },
    type: async (element: HTMLElement, text: string) => {
      await user.clear(element);
      await user.type(element, text);
      await pass();
    },
    press: async (keys: string) => {
      await user.keyboard(keys);
      await pass();
    },
    choose: async (element: HTMLElement, value: string) => {
      await user.selectOptions(element, value);
      await pass();
    },
  };
}
