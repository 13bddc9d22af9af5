// @vitest-environment jsdom
/** The pages of the security console, with the answers of the gallery in place of a server. */

import { cleanup, fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { FLEET_EVENTS, HOSTILE_FLEET_EVENTS, NO_OVERVIEW, NOTHING_FOUND, PREVIEW, SUSPENDED } from '../../../gallery/console-data.js';
import type { ConsoleView } from '../../../src/console.js';
import { NO_FILTERS } from '../../../src/react/console/state/console-view.js';
import { EVENT_TYPES } from '../../../src/react/console/state/event-types.js';
import { fakeFleet, openConsole, securityConsole } from '../support/console.js';
import { expectAccessible, pass, textOf } from '../support/dashboard.js';
import { deferred, latchkeyError } from '../support/fake-latchkey.js';
import { HERE, NOW, PHONE, SIGNED_IN, SIGNED_OUT } from '../support/fixtures.js';

beforeEach(openConsole);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const EVENTS: ConsoleView = { page: 'events', ...NO_FILTERS };
const ADA: ConsoleView = { page: 'user', userId: 'ada' };
const NETWORK: ConsoleView = { page: 'network', network: '203.0.113.9' };

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const field = (name: string) => screen.getByLabelText(name);
const dialog = () => screen.getByRole('dialog');
const inDialog = (name: string | RegExp) => within(dialog()).getByRole('button', { name });
const reason = () => within(dialog()).getByRole('textbox', { name: 'Reason (kept on record)' });
/** The rows of a chart's table. Its role is not asked for, because jsdom takes seconds for the styles of so many cells. */
const rowsOf = (caption: string) => [...(screen.getByText(caption, { selector: 'caption' }).closest('table')?.querySelectorAll('tr') ?? [])].map(textOf);
/** What the page has announced. A dialog has a live region of its own, because the page is inert while it is open. */
const announced = () => textOf(document.querySelector('.latchkey-sr-only[role=status]'));
const alerted = () => textOf(within(dialog()).getByRole('alert'));
/** The outcome of a dialog is announced after this time. */
const UNTIL_READABLE = 100;

describe('the overview', () => {
  test('has a number, a chart and a table for each series', async () => {
    const { container } = await securityConsole(undefined);
    const figures = [...container.querySelectorAll('.latchkey-tile')].map((tile) => textOf(tile.querySelector('figcaption')));
    expect(figures).toEqual(['Live sessions 1,300 at the last count', 'Sign-ins 1,688 in the last 24 hours', 'Alerts 10 in the last 24 hours', 'Refused sign-ins 984 in the last 24 hours']);
    const rows = rowsOf('Sign-ins by hour');
    expect(rows).toHaveLength(25);
    expect(rows.at(-1)).toBe('25 Nov, 09:00 (until now)21');
    expect(rows.filter((row) => row.endsWith('Not counted'))).toHaveLength(2);
    await expectAccessible(container);
  });

  test('leads from a number to its events', async () => {
    const { click, onViewChange } = await securityConsole(undefined);
    await click(button('Show events: Refused sign-ins'));
    expect(onViewChange).toHaveBeenCalledWith({ page: 'events', ...NO_FILTERS, type: 'sign_in_refused', period: 24 });
    expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Events' }));
  });

  test('shows the numbers of a week', async () => {
    const { choose, fleet } = await securityConsole(undefined);
    await choose(field('Period'), '168');
    expect(fleet.overview).toHaveBeenLastCalledWith(168);
    expect(rowsOf('Alerts by hour')).toHaveLength(169);
  });

  test('says that nothing was counted yet, and that there are no alerts', async () => {
    const fleet = fakeFleet();
    fleet.overview.mockResolvedValue(NO_OVERVIEW);
    fleet.events.mockResolvedValue({ events: [], next: null });
    const { container } = await securityConsole(undefined, fleet);
    screen.getByText('Nothing has been counted yet. The first numbers appear within five minutes.');
    screen.getByText('No alerts in the last 7 days.');
    await expectAccessible(container);
  });

  test('shows an administrator of one issuer no numbers', async () => {
    const fleet = fakeFleet();
    fleet.overview.mockRejectedValue(latchkeyError('forbidden', { status: 403 }));
    const { container } = await securityConsole(undefined, fleet);
    screen.getByText(/^The numbers are for administrators of all users\./u);
    expect(container.querySelectorAll('.latchkey-events li')).toHaveLength(5);
    expect(container.querySelector('.latchkey-notice')).toBeNull();
  });

  test('shows a caller without the right one notice and no data', async () => {
    const fleet = fakeFleet();
    const refuse = latchkeyError('forbidden', { status: 403 });
    fleet.overview.mockRejectedValue(refuse);
    fleet.events.mockRejectedValue(refuse);
    const { container } = await securityConsole(undefined, fleet);
    expect(textOf(container.querySelector('.latchkey-notice'))).toMatch(/^This page is for administrators\./u);
    expect(container.querySelectorAll('.latchkey-notice, .latchkey-tile, li')).toHaveLength(1);
  });
});

describe('the list of events', () => {
  test('has a heading for each day, and a line for each action', async () => {
    const { container } = await securityConsole(EVENTS);
    expect([...container.querySelectorAll('.latchkey-day h4')].map(textOf)).toEqual(['Today', 'Yesterday']);
    const [line] = container.querySelectorAll('.latchkey-events li');
    expect(textOf(line)).toMatch(/^08:59 Sign-in used in two places Critical ada curl · 203\.0\.113\.66 Details/u);
    await expectAccessible(container);
  });

  test('applies a filter at once, and shows nothing of the one before', async () => {
    const fleet = fakeFleet();
    const { choose, container, onViewChange } = await securityConsole(EVENTS, fleet);
    const next = deferred<{ events: typeof FLEET_EVENTS; next: null }>();
    fleet.events.mockReturnValueOnce(next.promise);
    await choose(field('Severity'), 'critical');
    expect(onViewChange).toHaveBeenLastCalledWith({ page: 'events', ...NO_FILTERS, severity: 'critical' });
    expect(fleet.events).toHaveBeenLastCalledWith({ severity: 'critical', from: '2026-11-18T09:30:00Z' });
    expect(container.querySelector('.latchkey-day')).toBeNull();
    expect(document.activeElement).toBe(field('Severity'));
    next.resolve({ events: [], next: null });
    await pass();
    screen.getByText('No events match these filters.');
  });

  test('covers the time between two moments, with what is typed in the time zone of the reader', async () => {
    const { choose, type, click, fleet, onViewChange } = await securityConsole({ ...EVENTS, period: 24 });
    await choose(field('Period'), 'dates');
    // The list is the same until the reader changes a time.
    expect(onViewChange).toHaveBeenLastCalledWith({ page: 'events', ...NO_FILTERS, period: 24, from: '2026-11-24T09:30:00Z' });
    expect((field('From') as HTMLInputElement).value).toBe('2026-11-24T09:30');
    fireEvent.change(field('From'), { target: { value: '2026-11-01T08:00' } });
    fireEvent.change(field('Until'), { target: { value: '2026-10-31T08:00' } });
    await click(button('Apply'));
    expect((field('Until') as HTMLInputElement).validationMessage).toBe('Choose an end after the beginning.');
    expect(fleet.events).toHaveBeenLastCalledWith({ from: '2026-11-24T09:30:00Z' });
    fireEvent.change(field('Until'), { target: { value: '2026-11-02T08:00' } });
    await type(field('User id'), 'ada');
    await click(button('Apply'));
    expect(fleet.events).toHaveBeenLastCalledWith({ user_id: 'ada', from: '2026-11-01T08:00:00Z', to: '2026-11-02T08:00:00Z' });
    await click(button('Export as NDJSON'));
    expect(fleet.exportEvents).toHaveBeenLastCalledWith('ndjson', expect.objectContaining({ from: '2026-11-01T08:00:00Z', to: '2026-11-02T08:00:00Z' }));
    await choose(field('Period'), '168');
    expect(onViewChange).toHaveBeenLastCalledWith({ page: 'events', ...NO_FILTERS, userId: 'ada' });
    expect(screen.queryByLabelText('Until')).toBeNull();
  });

  test('keeps no error and no export of other filters', async () => {
    const fleet = fakeFleet();
    fleet.events.mockImplementation(async (query) => {
      if (query?.cursor !== undefined) throw latchkeyError('network');
      return { events: Array.from({ length: 25 }, (_, n) => ({ ...FLEET_EVENTS[0]!, event_id: `many-${n}` })), next: 'older' };
    });
    const answer = deferred<{ text: string; next: null }>();
    fleet.exportEvents.mockReturnValue(answer.promise);
    const saved = vi.spyOn(HTMLAnchorElement.prototype, 'click');
    const { click, choose } = await securityConsole(EVENTS, fleet);
    await click(button('Show more'));
    screen.getByText(/^That didn't work/u);
    await click(button('Export as CSV'));
    screen.getByText('0 events exported so far…');
    const before = announced();
    await choose(field('Severity'), 'high');
    expect(screen.queryByText(/^That didn't work|exported so far/u)).toBeNull();
    answer.resolve({ text: 'event_id\n1\n', next: null });
    await pass();
    expect(saved).not.toHaveBeenCalled();
    expect(announced()).toBe(before);
  });

  test('announces nothing about older events of other filters', async () => {
    const fleet = fakeFleet();
    const many = Array.from({ length: 25 }, (_, n) => ({ ...FLEET_EVENTS[0]!, event_id: `many-${n}` }));
    fleet.events.mockResolvedValue({ events: many, next: 'older' });
    const { click, choose } = await securityConsole(EVENTS, fleet);
    const older = deferred<{ events: typeof FLEET_EVENTS; next: null }>();
    fleet.events.mockReturnValueOnce(older.promise);
    await click(button('Show more'));
    await choose(field('Severity'), 'high');
    older.resolve({ events: FLEET_EVENTS, next: null });
    await pass();
    expect(announced()).not.toMatch(/more event/u);
  });

  test('has the facts of every event of a line in its details', async () => {
    const fleet = fakeFleet();
    const [, , , login] = FLEET_EVENTS;
    const found = { ...login!, event_id: 'found', event_type: 'new_country', severity: 'high', details: { to: 'SG', seen: 'fact of the finding' } } as const;
    fleet.events.mockResolvedValue({ events: [found, login!], next: null });
    const { container } = await securityConsole(EVENTS, fleet);
    const [line] = container.querySelectorAll('.latchkey-events li');
    expect(textOf(line?.querySelector('.latchkey-badge'))).toBe('High');
    const facts = [...(line?.querySelectorAll('dl') ?? [])].map(textOf);
    expect(facts).toHaveLength(2);
    expect(facts[0]).toMatch(/Event loginSeverity Info/u);
    expect(facts[1]).toMatch(/Event id foundEvent new_countrySeverity High.*fact of the finding/u);
  });

  test('names its types as an administrator sees them', async () => {
    await securityConsole(EVENTS);
    const names = within(field('Event')).getAllByRole('option').map(textOf);
    expect(names).toContain("Reported: it wasn't the user");
    expect(names.filter((name) => /\byou\b/iu.test(name))).toEqual([]);
    expect(names).toHaveLength(EVENT_TYPES.length + 1);
  });

  test('shows an unknown type of an address, and what the server answers to it', async () => {
    const fleet = fakeFleet();
    fleet.events.mockRejectedValue(Object.assign(latchkeyError('invalid_request', { status: 400 }), { message: '`type` is unknown' }));
    const { container } = await securityConsole({ ...EVENTS, type: 'session_\u202Ecloned' }, fleet);
    expect((field('Event') as HTMLSelectElement).selectedOptions[0]?.text).toBe('session_[U+202E]cloned');
    expect(fleet.events).toHaveBeenCalledWith({ type: 'session_\u202Ecloned', from: '2026-11-18T09:30:00Z' });
    expect(textOf(container.querySelector('.latchkey-notice'))).toMatch(/^The server refused this: `type` is unknown/u);
  });

  test('filters by user and network, and refuses a text that is no network', async () => {
    const { type, click, press, fleet, onViewChange } = await securityConsole(EVENTS);
    await type(field('IP address'), '203.0.113');
    await click(button('Apply'));
    expect(onViewChange).not.toHaveBeenCalled();
    expect((field('IP address') as HTMLInputElement).validationMessage).toMatch(/^Enter an IP address/u);
    await type(field('IP address'), ' 203.0.113.9 ');
    await type(field('User id'), 'ada');
    await click(button('Apply'));
    expect(fleet.events).toHaveBeenLastCalledWith({ user_id: 'ada', network: '203.0.113.9', from: '2026-11-18T09:30:00Z' });
    // The value that the filter has now is in the same field, which keeps the focus.
    const network = field('IP address') as HTMLInputElement;
    await type(network, '203.0.113.60');
    await press('{Enter}');
    expect(fleet.events).toHaveBeenLastCalledWith({ user_id: 'ada', network: '203.0.113.60', from: '2026-11-18T09:30:00Z' });
    expect(document.activeElement).toBe(network);
    expect(field('IP address')).toBe(network);
    await click(button('Reset filters'));
    expect(onViewChange).toHaveBeenLastCalledWith(EVENTS);
    expect((field('User id') as HTMLInputElement).value).toBe('');
  });

  test('leads to the user and to the network of a line', async () => {
    const { click, onViewChange } = await securityConsole(EVENTS);
    await click(button('Open the network of 2001:db8:4::7'));
    expect(onViewChange).toHaveBeenLastCalledWith({ page: 'network', network: '2001:db8:4::7' });
  });

  test('shows more only while there is more', async () => {
    const fleet = fakeFleet();
    const many = Array.from({ length: 25 }, (_, n) => ({ ...FLEET_EVENTS[0]!, event_id: `more-${n}` }));
    fleet.events.mockImplementation(async (query) => (query?.cursor === undefined ? { events: many, next: 'older' } : { events: FLEET_EVENTS, next: null }));
    const { click, container } = await securityConsole(EVENTS, fleet);
    expect(container.querySelectorAll('.latchkey-events li')).toHaveLength(25);
    await click(button('Show more'));
    expect(container.querySelectorAll('.latchkey-events li')).toHaveLength(35);
    expect(announced()).toBe('10 more events loaded.');
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
    expect(document.activeElement).not.toBe(document.body);
  });

  test('shows hostile texts as text', async () => {
    const fleet = fakeFleet();
    fleet.events.mockResolvedValue({ events: HOSTILE_FLEET_EVENTS, next: null });
    const { container } = await securityConsole(EVENTS, fleet);
    expect(container.querySelector('img, script, a')).toBeNull();
    expect(container.textContent).not.toContain('\u202E');
    expect(container.textContent).toContain('[U+202E]moc.elgoog');
    // A text that is no address leads nowhere.
    expect(screen.queryByRole('button', { name: /^Open the network/u })).toBeNull();
  });

  test('keeps the events while the server is limited, and reads on afterwards', async () => {
    const { container, fleet } = await securityConsole(EVENTS);
    fleet.events.mockRejectedValueOnce(latchkeyError('rate_limited', { status: 429, retryAfter: 42 }));
    await pass(30_000);
    expect(textOf(container.querySelector('.latchkey-notice'))).toBe('Too many requests. This page updates again in 42 s.');
    expect(container.querySelectorAll('.latchkey-events li').length).toBeGreaterThan(5);
    await pass(42_000);
    expect(container.querySelector('.latchkey-notice')).toBeNull();
  });

  test('is exported as a file with the filters of the list', async () => {
    const created = vi.fn((_: Blob) => 'blob:1');
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: created, revokeObjectURL: () => {} }));
    const saved: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
      saved.push(this.download);
    });
    const { click, fleet } = await securityConsole({ ...EVENTS, severity: 'high' });
    await click(button('Export as CSV'));
    await pass();
    expect(fleet.exportEvents).toHaveBeenCalledWith('csv', expect.objectContaining({ severity: 'high', limit: 500, to: '2026-11-25T09:30:00Z' }));
    expect(saved).toEqual(['latchkey-events-2026-11-25.csv']);
    expect(announced()).toBe('2 events exported.');
  });

  test('has no file if the export fails', async () => {
    const { click, fleet } = await securityConsole(EVENTS);
    const saved = vi.spyOn(HTMLAnchorElement.prototype, 'click');
    fleet.exportEvents.mockRejectedValue(latchkeyError('network'));
    await click(button('Export as NDJSON'));
    await pass();
    screen.getByText(/^The export has stopped after 0 events, and there is no file\./u, { selector: '.latchkey-muted' });
    expect(saved).not.toHaveBeenCalled();
  });
});

describe('the page of a user', () => {
  test('suspends with a reason and an end', async () => {
    const { click, type, choose, fleet, container } = await securityConsole(ADA);
    screen.getByText('Not suspended');
    await click(button('Suspend…'));
    expect(document.activeElement).toBe(reason());
    await click(inDialog('Suspend'));
    expect(fleet.suspend).not.toHaveBeenCalled();
    await type(reason(), ' account taken over ');
    await choose(within(dialog()).getByLabelText('Until'), '24');
    fleet.revocations.mockResolvedValue(SUSPENDED);
    await click(inDialog('Suspend'));
    expect(fleet.suspend).toHaveBeenCalledExactlyOnceWith('ada', 'account taken over', '2026-11-26T09:30:00Z');
    await pass(UNTIL_READABLE);
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(announced()).toBe('ada is suspended. 3 sessions have ended.');
    screen.getByText('Suspended since 25 Nov 2026, 08:30, until 26 Nov 2026, 08:30');
    screen.getByText('Reason: account taken over');
    expect(document.activeElement).toBe(button('Change the suspension…'));
    await expectAccessible(container);
  });

  /** The administrator has just opened the console, or has signed in again, so that no own list names the administrator. */
  const stranger = (error: ReturnType<typeof latchkeyError>) => {
    const unread = { userId: null, sessions: null, error, retryAt: NOW.getTime() + 60_000 };
    return [{ ...SIGNED_IN, ...unread }, unread] as const;
  };

  test('ends the sessions of this user, and names the own ones while the page may be the own one', async () => {
    const [own, theirs] = stranger(latchkeyError('rate_limited', { status: 429 }));
    const { click, type, fake, userOf } = await securityConsole(ADA, fakeFleet(), {}, own, theirs);
    expect(screen.queryByRole('button', { name: 'Sign out of all other sessions' })).toBeNull();
    await click(button('Sign out everywhere'));
    expect(textOf(dialog())).toContain('ada will be signed out of all sessions, including this one if ada is you.');
    await type(reason(), 'account taken over');
    await click(inDialog('Sign out everywhere'));
    expect(userOf('ada').revokeAll).toHaveBeenCalledExactlyOnceWith('account taken over');
    for (const call of [fake.sessions.revokeAll, fake.sessions.revokeOthers, fake.sessions.list, fake.sessions.watch]) expect(call).not.toHaveBeenCalled();
  });

  test.each([latchkeyError('network'), latchkeyError('store_unavailable', { status: 503 })])('has no sign-outs without a list: %s', async (error) => {
    await securityConsole(ADA, fakeFleet(), {}, ...stranger(error));
    expect(screen.queryByRole('button', { name: /^Sign out/u })).toBeNull();
  });

  test('shows the result of a dialog that was open during a new sign-in', async () => {
    const { click, type, set, fleet } = await securityConsole(ADA);
    await click(button('Suspend…'));
    await set({ token: { ...SIGNED_IN.token!, sessionId: 'another' } });
    await type(reason(), 'account taken over');
    fleet.revocations.mockResolvedValue(SUSPENDED);
    await click(inDialog('Suspend'));
    await pass(UNTIL_READABLE);
    screen.getByText(/^Suspended since/u);
    expect(screen.queryByText('Not suspended')).toBeNull();
  });

  test('keeps the focus and its fields while an action runs', async () => {
    const fleet = fakeFleet();
    const answer = deferred<Awaited<ReturnType<typeof fleet.suspend>>>();
    fleet.suspend.mockReturnValue(answer.promise);
    const { click, type } = await securityConsole(ADA, fleet);
    await click(button('Suspend…'));
    await type(reason(), 'x');
    await click(inDialog('Suspend'));
    expect(document.activeElement).toBe(inDialog('Suspend'));
    await click(inDialog('Cancel'));
    expect(dialog()).toBeTruthy();
    answer.reject(latchkeyError('network'));
    await pass();
    expect(alerted()).toMatch(/^That didn't work/u);
    expect(document.activeElement).toBe(inDialog('Cancel'));
  });

  test('shows hidden characters in what the server answers', async () => {
    const fleet = fakeFleet();
    fleet.suspend.mockRejectedValue(Object.assign(latchkeyError('invalid_request', { status: 400 }), { message: 'no \u202Etxet' }));
    const { click, type } = await securityConsole(ADA, fleet);
    await click(button('Suspend…'));
    await type(reason(), 'x');
    await click(inDialog('Suspend'));
    expect(alerted()).toBe('The server refused this: no [U+202E]txet');
  });

  test('sends one request for two clicks', async () => {
    const fleet = fakeFleet();
    const answer = deferred<Awaited<ReturnType<typeof fleet.suspend>>>();
    fleet.suspend.mockReturnValue(answer.promise);
    const { click, type, press } = await securityConsole(ADA, fleet);
    await click(button('Suspend…'));
    await type(reason(), 'x');
    await press('{Enter}{Enter}');
    expect(fleet.suspend).toHaveBeenCalledTimes(1);
    // The result would be lost, so the dialog stays. Browsers send this event after Escape, jsdom does not.
    dialog().dispatchEvent(new Event('cancel', { cancelable: true }));
    await pass();
    expect(dialog()).toBeTruthy();
  });

  test('asks for a newer sign-in, keeps what was typed, and goes on afterwards', async () => {
    const fleet = fakeFleet();
    fleet.suspend.mockRejectedValueOnce(latchkeyError('reauthentication_required', { status: 401 }));
    const onSignInAgain = vi.fn(async () => {});
    const { click, type, container } = await securityConsole(ADA, fleet, { onSignInAgain });
    await click(button('Suspend…'));
    await type(reason(), 'account taken over');
    await click(inDialog('Suspend'));
    expect(alerted()).toMatch(/^For your security, this needs a sign-in of the last 15 minutes\./u);
    await expectAccessible(container);
    vi.useFakeTimers();
    await click(inDialog('Sign in again'));
    expect(onSignInAgain).toHaveBeenCalledTimes(1);
    expect(alerted()).toBe("You've signed in again. You can continue.");
    // The button that had the focus has left.
    expect(document.activeElement).toBe(reason());
    await click(inDialog('Suspend'));
    expect(fleet.suspend).toHaveBeenLastCalledWith('ada', 'account taken over', null);
  });

  test.each([
    [latchkeyError('forbidden', { status: 403 }), /^You don't have permission/u],
    [latchkeyError('network'), /^That didn't work: the server couldn't be reached/u],
    [latchkeyError('rate_limited', { status: 429, retryAfter: 8 }), /try again in 8 s/u],
    [latchkeyError('invalid_request', { status: 400 }), /^The server refused this/u],
  ])('explains a failure: %s', async (error, text) => {
    const fleet = fakeFleet();
    fleet.suspend.mockRejectedValue(error);
    const { click, type } = await securityConsole(ADA, fleet);
    await click(button('Suspend…'));
    await type(reason(), 'x');
    await click(inDialog('Suspend'));
    within(dialog()).getByText(text);
    expect(within(dialog()).queryByRole('button', { name: 'Sign in again' })).toBeNull();
  });

  test('resumes a suspended user', async () => {
    const fleet = fakeFleet();
    fleet.revocations.mockResolvedValue(SUSPENDED);
    const { click, type } = await securityConsole(ADA, fleet);
    await click(button('Resume…'));
    await type(reason(), 'owner has a new password');
    await click(inDialog('Resume'));
    expect(fleet.resume).toHaveBeenCalledExactlyOnceWith('ada', 'owner has a new password');
    await pass(UNTIL_READABLE);
    expect(announced()).toBe('ada may sign in again.');
  });

  describe('that is the own one of the administrator', () => {
    const ROOT: ConsoleView = { page: 'user', userId: 'root' };
    const two = { ...SIGNED_IN, userId: 'root', sessions: [HERE, PHONE], recommendations: [] };

    test('offers no suspension', async () => {
      await securityConsole(ROOT);
      screen.getByText('This is you. Administrators cannot suspend themselves.');
      expect(screen.queryByRole('button', { name: 'Suspend…' })).toBeNull();
    });

    test('names this session before all sessions end, and ends them as the account page does', async () => {
      const { click, fake, userOf, container } = await securityConsole(ROOT, fakeFleet(), {}, two);
      screen.getByText('This device');
      await click(button('Sign out everywhere'));
      expect(textOf(dialog())).toContain("You'll be signed out of 2 sessions, including this one.");
      expect(within(dialog()).queryByRole('textbox')).toBeNull();
      await expectAccessible(container);
      vi.useFakeTimers();
      await click(inDialog('Sign out everywhere'));
      expect(fake.sessions.revokeAll).toHaveBeenCalledTimes(1);
      expect(userOf('root').revokeAll).not.toHaveBeenCalled();
    });

    test('offers the sign-out of all other sessions', async () => {
      const { click, fake, userOf } = await securityConsole(ROOT, fakeFleet(), {}, two);
      await click(button('Sign out of all other sessions'));
      await click(inDialog('Sign out'));
      expect(fake.sessions.revokeOthers).toHaveBeenCalledTimes(1);
      expect(userOf('root').revokeAll).not.toHaveBeenCalled();
    });

    test('is found by its list, if the client does not know its own user', async () => {
      const { set, fake } = await securityConsole(ROOT, fakeFleet(), {}, { ...two, userId: null, sessions: null });
      screen.getByText('This is you. Administrators cannot suspend themselves.');
      expect(screen.queryByRole('button', { name: /^Sign out/u })).toBeNull();
      expect(fake.watching.now).toBe(1);
      await set({ userId: 'root', sessions: [HERE, PHONE] });
      button('Sign out of all other sessions');
    });
  });

  test('lists the sessions, each of which an administrator can end', async () => {
    const { container } = await securityConsole(ADA);
    await pass();
    expect(container.querySelectorAll('.latchkey-user .latchkey-cards .latchkey-card')).toHaveLength(1);
    await expectAccessible(container);
  });

  test('shows one notice and no dialog for a user of another issuer', async () => {
    const fleet = fakeFleet();
    fleet.revocations.mockRejectedValue(latchkeyError('forbidden', { status: 403 }));
    const { container } = await securityConsole(ADA, fleet);
    expect(container.querySelectorAll('.latchkey-notice')).toHaveLength(1);
    expect(screen.queryByRole('button', { name: 'Suspend…' })).toBeNull();
  });
});

describe('the page of a network', () => {
  test('ends the sessions only after a preview that names their number', async () => {
    const { click, type, fleet, container } = await securityConsole(NETWORK);
    await click(button('End sessions from this network…'));
    await type(reason(), 'credential stuffing');
    await click(inDialog('Show what would end'));
    expect(fleet.previewNetwork).toHaveBeenCalledExactlyOnceWith({ network: '203.0.113.0/24', reason: 'credential stuffing', from: '2026-11-24T09:30:00Z' });
    expect(fleet.endNetwork).not.toHaveBeenCalled();
    within(dialog()).getByText('7 sessions of 6 users would end.');
    expect(textOf(within(dialog()).getAllByRole('listitem')[0])).toBe('gita 2 sessions');
    // A key that is held down must not confirm.
    expect(document.activeElement).toBe(inDialog('Back'));
    await expectAccessible(container);
    vi.useFakeTimers();
    await click(inDialog('End 7 sessions'));
    expect(fleet.endNetwork).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ as_of: PREVIEW.as_of, from: PREVIEW.from }));
    await pass(UNTIL_READABLE);
    expect(announced()).toMatch(/^7 sessions of 6 users ended\./u);
    expect(fleet.signIns).toHaveBeenCalledTimes(2);
  });

  test('ends the sessions that were opened since a time of the reader', async () => {
    const { click, choose, type, fleet, container } = await securityConsole(NETWORK);
    await click(button('End sessions from this network…'));
    await type(reason(), 'credential stuffing');
    await choose(within(dialog()).getByLabelText('Opened'), 'since');
    const since = within(dialog()).getByLabelText<HTMLInputElement>('Since');
    const enter = (value: string): boolean => fireEvent.change(since, { target: { value } });
    await click(inDialog('Show what would end'));
    expect(fleet.previewNetwork).not.toHaveBeenCalled();
    enter('2026-11-27T10:00');
    await click(inDialog('Show what would end'));
    expect(fleet.previewNetwork).not.toHaveBeenCalled();
    enter('2026-11-23T21:15');
    await expectAccessible(container);
    vi.useFakeTimers();
    await click(inDialog('Show what would end'));
    const from = new Date('2026-11-23T21:15').toISOString().replace('.000', '');
    expect(fleet.previewNetwork).toHaveBeenCalledExactlyOnceWith({ network: '203.0.113.0/24', reason: 'credential stuffing', from });
    within(dialog()).getByText(/^Only sessions that were opened between 24 Nov 2026, .* and 25 Nov 2026, .* are affected\.$/u);
    await click(inDialog('Back'));
    expect(within(dialog()).getByLabelText<HTMLInputElement>('Since').value).toBe('2026-11-23T21:15');
  });

  test('stops a preview, and asks for no further page of it', async () => {
    const fleet = fakeFleet();
    const first = deferred<typeof PREVIEW>();
    fleet.previewNetwork.mockReturnValue(first.promise);
    const { click, type } = await securityConsole(NETWORK, fleet);
    await click(button('End sessions from this network…'));
    await type(reason(), 'x');
    await click(inDialog('Show what would end'));
    await click(inDialog('Cancel'));
    expect(screen.queryByRole('dialog')).toBeNull();
    first.resolve({ ...PREVIEW, next_cursor: 'next' });
    await pass(UNTIL_READABLE);
    expect(fleet.previewNetwork).toHaveBeenCalledTimes(1);
    expect([screen.queryByRole('dialog'), announced()]).toEqual([null, '']);
  });

  test('names the whole network whose sessions would end', async () => {
    const fleet = fakeFleet();
    fleet.signIns.mockRejectedValue(latchkeyError('network'));
    const { click, type } = await securityConsole(NETWORK, fleet);
    await click(button('End sessions from this network…'));
    await type(reason(), 'x');
    await click(inDialog('Show what would end'));
    within(dialog()).getByRole('heading', { name: 'End sessions from 203.0.113.0/24' });
    await click(inDialog('End 7 sessions'));
    expect(fleet.endNetwork).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ network: '203.0.113.0/24' }));
  });

  test('has no button to confirm if nothing would end', async () => {
    const fleet = fakeFleet();
    fleet.previewNetwork.mockResolvedValue({ ...PREVIEW, users: [], sessions: 0 });
    const { click, type } = await securityConsole(NETWORK, fleet);
    await click(button('End sessions from this network…'));
    await type(reason(), 'x');
    await click(inDialog('Show what would end'));
    within(dialog()).getByText(/^There is nothing to end/u);
    expect(within(dialog()).getAllByRole('button')).toHaveLength(1);
    await click(inDialog('Back'));
    inDialog('Show what would end');
  });

  test('reports how many sessions have ended before a failure', async () => {
    const fleet = fakeFleet();
    fleet.endNetwork.mockResolvedValueOnce({ ...PREVIEW, next_cursor: 'next' }).mockRejectedValueOnce(latchkeyError('store_unavailable', { status: 503 }));
    const { click, type } = await securityConsole(NETWORK, fleet);
    await click(button('End sessions from this network…'));
    await type(reason(), 'x');
    await click(inDialog('Show what would end'));
    await click(inDialog('End 7 sessions'));
    within(dialog()).getByText(/^7 sessions have ended, and then something went wrong\./u);
  });
});

describe('an incomplete end of the sessions of a network', () => {
  const END = /^(End|Try again)/u;
  /** The dialog with the preview. */
  async function previewed(fleet: ReturnType<typeof fakeFleet>) {
    const page = await securityConsole(NETWORK, fleet);
    await page.click(button('End sessions from this network…'));
    await page.type(reason(), 'x');
    await page.click(inDialog('Show what would end'));
    return page;
  }
  const failures = () => within(dialog()).getAllByRole('region').map(textOf).at(-1);

  test('keeps the dialog open, names the users who may still have sessions, and ends the others at the next attempt', async () => {
    const fleet = fakeFleet();
    fleet.endNetwork.mockResolvedValueOnce({ ...PREVIEW, preview: false, failed: ['hugo', 'ines'] });
    const { click, container } = await previewed(fleet);
    await click(inDialog('End 7 sessions'));
    expect(alerted()).toContain("The sessions of 2 users couldn't be ended, and may still be live.");
    expect(failures()).toBe('hugoines');
    within(dialog()).getByText(/^7 sessions have ended, and then something went wrong\. Try again/u);
    expect(screen.queryByText(/ended\. Pages that are still open/u)).toBeNull();
    expect(document.activeElement?.closest('dialog')).toBe(dialog());
    await expectAccessible(container);
    vi.useFakeTimers();
    fleet.endNetwork.mockResolvedValueOnce({ ...PREVIEW, preview: false, users: [{ user_id: 'hugo', session_ids: ['1'] }, { user_id: 'ines', session_ids: ['2'] }] });
    await click(inDialog(END));
    expect(fleet.endNetwork.mock.calls[1]).toEqual(fleet.endNetwork.mock.calls[0]);
    await pass(UNTIL_READABLE);
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(announced()).toMatch(/^2 sessions of 2 users ended\./u);
  });

  test('is no success if not one session has ended', async () => {
    const fleet = fakeFleet();
    fleet.endNetwork.mockResolvedValue({ ...PREVIEW, preview: false, users: [], sessions: 0, failed: ['hugo'] });
    const { click, onViewChange } = await previewed(fleet);
    await click(inDialog('End 7 sessions'));
    await pass(UNTIL_READABLE);
    expect(announced()).toBe('');
    within(dialog()).getByText("The sessions of 1 user couldn't be ended, and may still be live.");
    await click(inDialog('hugo'));
    expect(onViewChange).toHaveBeenLastCalledWith({ page: 'user', userId: 'hugo' });
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('is announced before the end, if the preview could not read every user', async () => {
    const fleet = fakeFleet();
    fleet.previewNetwork.mockResolvedValue({ ...PREVIEW, failed: ['kofi'] });
    await previewed(fleet);
    within(dialog()).getByText('7 sessions of 6 users would end.');
    within(dialog()).getByText("The sessions of 1 user couldn't be read. They are tried again when you end the sessions.");
    expect(failures()).toBe('kofi');
    expect(document.activeElement).toBe(inDialog('Back'));
  });

  test('can be tried although the preview could read no user', async () => {
    const fleet = fakeFleet();
    fleet.previewNetwork.mockResolvedValue({ ...PREVIEW, users: [], sessions: 0, failed: ['kofi'] });
    const { click } = await previewed(fleet);
    expect(within(dialog()).queryByText(/^There is nothing to end|would end/u)).toBeNull();
    await click(inDialog('End the sessions'));
    expect(fleet.endNetwork).toHaveBeenCalledTimes(1);
  });
});

describe('the search', () => {
  test('finds a user, a session and a network, and leads to them', async () => {
    const { type, click, fleet, onViewChange, container } = await securityConsole(undefined);
    await type(field('User id, IP address or session id'), ' ada ');
    await click(button('Search'));
    expect(fleet.search).toHaveBeenCalledExactlyOnceWith('ada');
    expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Results for “ada”' }));
    screen.getByText(/^Session of ada, ended on .*: Signed out for security: used in two places$/u);
    await expectAccessible(container);
    vi.useFakeTimers();
    await click(button('User ada'));
    expect(onViewChange).toHaveBeenLastCalledWith(ADA);
  });

  test('does not name the last sign-in of a network that has too many to read', async () => {
    const fleet = fakeFleet();
    fleet.search.mockResolvedValue({ ...NOTHING_FOUND, network: { network: '203.0.113.0/24', last_sign_in: null } });
    await securityConsole({ page: 'search', q: '203.0.113.9' }, fleet);
    screen.getByText('Too many sign-ins to find the last one');
  });

  test('leads to the page of a user that it has not found', async () => {
    const fleet = fakeFleet();
    fleet.search.mockResolvedValue(NOTHING_FOUND);
    const { click, onViewChange } = await securityConsole({ page: 'search', q: 'new-user' }, fleet);
    screen.getByText(/^Nothing found\./u);
    await click(button('Open the page of user “new-user”'));
    expect(onViewChange).toHaveBeenLastCalledWith({ page: 'user', userId: 'new-user' });
  });
});

describe('the console', () => {
  test('keeps its page itself if the app does not', async () => {
    const { click } = await securityConsole(undefined, fakeFleet(), { view: undefined, onViewChange: undefined });
    await click(button('Events'));
    screen.getByRole('heading', { name: 'Events' });
    expect(button('Events').getAttribute('aria-current')).toBe('page');
  });

  test('gives the focus back to the button of a dialog that Escape closes', async () => {
    const { click, press, user } = await securityConsole(ADA);
    await click(button('Suspend…'));
    // jsdom has no Escape for dialogs; browsers send this event.
    dialog().dispatchEvent(new Event('cancel', { cancelable: true }));
    await pass();
    await press('{Tab}');
    await user.tab({ shift: true });
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(document.activeElement).toBe(button('Suspend…'));
  });

  test('shows nothing of the fleet after a sign-out', async () => {
    const { set, container } = await securityConsole(EVENTS);
    await set({ ...SIGNED_OUT, endedReason: 'admin' });
    screen.getByText('An administrator signed you out.', { selector: '.latchkey-ended' });
    expect(container.querySelectorAll('li, button, input')).toHaveLength(0);
  });

  test('drops what another session has read', async () => {
    const fleet = fakeFleet();
    const { set, container } = await securityConsole(EVENTS, fleet);
    fleet.events.mockReturnValue(new Promise(() => {}));
    await set({ token: { state: 'valid', expiresAt: null, expiresIn: 0, needsRefresh: false, canRefresh: true, sessionId: 'another' } });
    expect(container.querySelectorAll('.latchkey-day')).toHaveLength(0);
  });

  test('asks a visitor to sign in, and sends no request', async () => {
    const { fleet } = await securityConsole(undefined, fakeFleet(), {}, { ...SIGNED_OUT, endedReason: null });
    screen.getByText("You're not signed in.", { selector: '.latchkey-ended' });
    expect(fleet.overview).not.toHaveBeenCalled();
  });

  test('announces that it is offline, and that it is back', async () => {
    const { set, container } = await securityConsole(EVENTS);
    await set({ online: false });
    expect(textOf(container.querySelector('.latchkey-notice'))).toBe("You're offline. Last updated 09:30.");
    await set({ online: true });
    expect(announced()).toBe("You're back online.");
  });

  test('speaks German', async () => {
    const { container } = await securityConsole(undefined, fakeFleet(), { locale: 'de' });
    screen.getByRole('heading', { name: 'Sicherheitskonsole' });
    expect(textOf(container.querySelector('.latchkey-tile figcaption'))).toBe('Aktive Sitzungen 1.300 bei der letzten Zählung');
  });
});
