// @vitest-environment jsdom
import { cleanup, screen, within } from '@testing-library/react';
import { StrictMode } from 'react';
import { render } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { LatchkeyProvider, SessionMonitoring } from '../../src/index.js';
import { REVOKE_RESPONSE, deferred, fakeLatchkey, latchkeyError } from './support/fake-latchkey.js';
import { dashboard, expectAccessible, openPage, pass, textOf } from './support/dashboard.js';
import { ABROAD, HERE, NEW_COUNTRY, PHONE, SIGNED_IN, SIGNED_OUT, securityEvent, session } from './support/fixtures.js';

beforeEach(openPage);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const focused = () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent;
const rowIds = () =>
  [...document.querySelectorAll<HTMLElement>('.latchkey-row')].map(({ dataset }) => dataset['latchkeyItem']);
const announced = () => textOf(screen.getByRole('status'));

describe('signing one session out', () => {
  test('the button asks for confirmation, with the focus on Cancel', async () => {
    const { click, fake, container } = await dashboard();
    await click(button('Sign out of iPhone'));
    const question = screen.getByRole('group', { name: 'Sign out of iPhone?' });
    expect(within(question).getAllByRole('button').map(textOf)).toEqual(['Sign out', 'Cancel']);
    expect(focused()).toBe('Cancel');
    expect(fake.sessions.revoke).not.toHaveBeenCalled();
    await expectAccessible(container);
  });

  test('Cancel and Escape close the question and return the focus', async () => {
    const { click, press, fake } = await dashboard();
    await click(button('Sign out of iPhone'));
    await click(button('Cancel'));
    expect(focused()).toBe('Sign out of iPhone');
    await press('{Enter}');
    expect(focused()).toBe('Cancel');
    await press('{Escape}');
    expect(focused()).toBe('Sign out of iPhone');
    expect(fake.sessions.revoke).not.toHaveBeenCalled();
  });

  test('the row disappears at once, is announced and passes the focus on', async () => {
    const { click, fake } = await dashboard();
    fake.sessions.revoke.mockReturnValue(new Promise(() => {}));
    await click(button('Sign out of iPhone'));
    await click(button('Sign out'));
    expect(fake.sessions.revoke.mock.calls).toEqual([[PHONE.session_id]]);
    expect(rowIds()).toEqual([HERE.session_id, ABROAD.session_id]);
    expect(focused()).toBe('Sign out of Firefox on Linux');
    expect(announced()).toBe('Session ended: iPhone.');
  });

  test('after the last row the focus moves to the previous one', async () => {
    const { click } = await dashboard();
    await click(button('Sign out of Firefox on Linux'));
    await click(button('Sign out'));
    expect(focused()).toBe('Sign out of iPhone');
  });

  test('the row returns with a message if the server refuses', async () => {
    const { click, fake, container } = await dashboard();
    const answer = deferred<typeof REVOKE_RESPONSE>();
    fake.sessions.revoke.mockReturnValue(answer.promise);
    await click(button('Sign out of iPhone'));
    await click(button('Sign out'));
    answer.reject(latchkeyError('store_unavailable', { status: 503 }));
    await pass();
    const sentence = "Couldn't sign out of iPhone. It's still signed in. Please try again.";
    expect(rowIds()).toEqual([HERE.session_id, PHONE.session_id, ABROAD.session_id]);
    expect(textOf(container.querySelector('.latchkey-message'))).toBe(sentence);
    expect(announced()).toBe(sentence);
    await expectAccessible(container);
  });

  test('a refusal for an old sign-in asks the user to sign in again', async () => {
    const { click, fake, container } = await dashboard();
    fake.sessions.revoke.mockRejectedValue(latchkeyError('reauthentication_required', { status: 403 }));
    await click(button('Sign out of iPhone'));
    await click(button('Sign out'));
    expect(textOf(container.querySelector('.latchkey-message'))).toBe(
      'For your security, please sign in again before you do this.',
    );
  });

  test('a row removed by another device moves the focus only if it had it', async () => {
    const { set } = await dashboard();
    button('Sign out of iPhone').focus();
    await set({ sessions: [HERE, ABROAD] });
    expect(focused()).toBe('Sign out of Firefox on Linux');
    button('Sign out of all other sessions').focus();
    await set({ sessions: [HERE, session({ ...PHONE })] });
    expect(focused()).toBe('Sign out of all other sessions');
  });

  test('a removed row does not move the focus if nothing was focused', async () => {
    const { set } = await dashboard();
    button('Sign out of iPhone').focus();
    button('Sign out of iPhone').blur();
    await set({ sessions: [HERE, ABROAD] });
    expect(document.activeElement).toBe(document.body);
  });
});

describe('signing out of many sessions', () => {
  test('a dialog closes when its sessions are gone', async () => {
    const { click, set } = await dashboard();
    await click(button('Sign out everywhere'));
    expect(screen.getByRole('dialog')).toBeTruthy();
    await set({ sessions: null });
    await set({ sessions: SIGNED_IN.sessions ?? [] });
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('all others: a dialog shows how many end and what happens to open pages', async () => {
    const { click, container } = await dashboard();
    await click(button('Sign out of all other sessions'));
    const dialog = screen.getByRole('dialog', { name: 'Sign out of all other sessions?' });
    expect(dialog.tagName).toBe('DIALOG');
    expect(textOf(dialog)).toContain("You'll be signed out of 2 other sessions. You'll stay signed in here.");
    expect(textOf(dialog)).toContain('Pages that are already open there may keep working');
    expect(focused()).toBe('Cancel');
    await expectAccessible(container);
  });

  test('Cancel and Escape close the dialog and return the focus', async () => {
    const { click, fake } = await dashboard();
    await click(button('Sign out of all other sessions'));
    await click(button('Cancel'));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(focused()).toBe('Sign out of all other sessions');
    await click(button('Sign out everywhere'));
    screen.getByRole('dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
    await pass();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(focused()).toBe('Sign out everywhere');
    expect(fake.sessions.revokeOthers).not.toHaveBeenCalled();
  });

  test('after confirmation the message has the time when open pages stop working', async () => {
    const { click, fake, container } = await dashboard();
    fake.sessions.revokeOthers.mockResolvedValue({ ...REVOKE_RESPONSE, ended: 2 });
    await click(button('Sign out of all other sessions'));
    await click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Sign out' }));
    expect(rowIds()).toEqual([HERE.session_id]);
    const sentence =
      'You signed out of 2 other sessions. Pages still open there stop working by 10:25.';
    expect(textOf(container.querySelector('.latchkey-message'))).toBe(sentence);
    expect(announced()).toBe(sentence);
    expect(focused()).toBe("Where you're signed in");
  });

  test('everywhere: the dialog counts this session too, and its end is announced', async () => {
    const { click, fake, set } = await dashboard();
    await click(button('Sign out everywhere'));
    const dialog = screen.getByRole('dialog', { name: 'Sign out everywhere?' });
    expect(textOf(dialog)).toContain("You'll be signed out of 3 sessions, including this one.");
    await click(within(dialog).getByRole('button', { name: 'Sign out everywhere' }));
    expect(fake.sessions.revokeAll).toHaveBeenCalledTimes(1);
    await set({ ...SIGNED_OUT, endedReason: 'signed_out' });
    expect(announced()).toBe("You've signed out.");
    expect(focused()).toBe("Where you're signed in");
  });

  test('a refusal brings the others back and is announced', async () => {
    const { click, fake } = await dashboard();
    fake.sessions.revokeOthers.mockRejectedValue(latchkeyError('network'));
    await click(button('Sign out of all other sessions'));
    await click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Sign out' }));
    expect(rowIds()).toHaveLength(3);
    expect(announced()).toBe("Couldn't sign out of these sessions. Please try again.");
  });

  test('an open dialog closes when the session ends', async () => {
    const { click, set } = await dashboard();
    await click(button('Sign out everywhere'));
    await set({ ...SIGNED_OUT, endedReason: 'admin' });
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(focused()).toBe("Where you're signed in");
  });
});

describe('recommendations', () => {
  const withRecommendation = { ...SIGNED_IN, recommendations: [NEW_COUNTRY] };

  test('each one is a sentence with its facts and two answers', async () => {
    const { container } = await dashboard(withRecommendation);
    expect(textOf(container.querySelector('.latchkey-recommendations'))).toBe(
      'New country: Lisbon, PT, 2 hours ago. Firefox on Linux. Was this you? Yes, it was me No, sign out',
    );
  });

  test('"Yes, it was me" can be undone, and the focus follows', async () => {
    const { click, container } = await dashboard(withRecommendation);
    await click(button(/^Yes, it was me/u));
    expect(textOf(container.querySelector('.latchkey-recommendations'))).toBe('Got it. Undo');
    expect(focused()).toBe('Undo');
    await click(button('Undo'));
    expect(focused()).toMatch(/^Yes, it was me/u);
  });

  test('an answer is remembered on the next visit, but not for a new finding', async () => {
    const first = await dashboard(withRecommendation);
    await first.click(button(/^Yes, it was me/u));
    first.unmount();
    const { set } = await dashboard(withRecommendation);
    expect(screen.queryByRole('button', { name: /Yes, it was me|Undo/u })).toBeNull();
    const newer = { ...NEW_COUNTRY, detail: { ...NEW_COUNTRY.detail, at: '2026-11-25T09:00:00Z' } };
    await set({ recommendations: [newer] });
    expect(button(/^Yes, it was me/u)).toBeTruthy();
  });

  test('an answer works in a browser without storage', async () => {
    vi.stubGlobal('localStorage', undefined);
    const { click } = await dashboard(withRecommendation);
    await click(button(/^Yes, it was me/u));
    expect(button('Undo')).toBeTruthy();
  });

  test('"No, sign out" asks first, then removes the row and the recommendation', async () => {
    const { click, fake } = await dashboard(withRecommendation);
    await click(button('No, sign out: Firefox on Linux'));
    await click(button('Sign out'));
    expect(fake.sessions.revoke.mock.calls).toEqual([[ABROAD.session_id]]);
    expect(rowIds()).not.toContain(ABROAD.session_id);
    expect(document.querySelector('.latchkey-recommendations')).toBeNull();
    expect(focused()).toBe('This device');
  });
});

describe('security events', () => {
  test('each event has its time, name, device, place and severity', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValue({
      events: [
        securityEvent({ severity: 'low', created_at: '2026-11-25T09:12:00Z', details: { device: 'Firefox on Linux', city: 'Lisbon', country: 'PT' } }),
        securityEvent({ event_id: '2', event_type: 'country_changed', severity: 'medium', session_id: null, created_at: '2026-11-24T08:40:00Z', details: { from: 'DE', to: 'PT' } }),
      ],
      next: null,
    });
    const { container } = await dashboard({}, {}, fake);
    expect([...container.querySelectorAll('.latchkey-events li')].map(textOf)).toEqual([
      '09:12 Signed in Firefox on Linux, Lisbon, PT Low',
      '24 Nov, 08:40 Country changed from Germany to Portugal Medium',
    ]);
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  test('"Show more" adds older events, announces how many and keeps the focus', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValueOnce({ events: [securityEvent()], next: 'older' });
    fake.sessions.events.mockResolvedValueOnce({
      events: [securityEvent({ event_id: '2' }), securityEvent({ event_id: '3' })],
      next: null,
    });
    const { click, container } = await dashboard({}, {}, fake);
    await click(button('Show more'));
    expect(container.querySelectorAll('.latchkey-events li')).toHaveLength(3);
    expect(announced()).toBe('2 more events loaded.');
    expect(focused()).toBe('Recent security activity');
  });

  test('older events that cannot be loaded are an error, and can be retried', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValueOnce({ events: [securityEvent()], next: 'older' });
    fake.sessions.events.mockRejectedValueOnce(latchkeyError('network'));
    const { click } = await dashboard({}, {}, fake);
    await click(button('Show more'));
    expect(announced()).toBe("Couldn't get data from the server.");
    expect(focused()).toBe('Show more');
  });

  test('an empty trail has its own text once it was loaded', async () => {
    await dashboard();
    expect(screen.getByText('No recent activity.')).toBeTruthy();
  });
});

describe('announcements', () => {
  test('a new session is announced by name, the first list is not', async () => {
    const { set } = await dashboard({ ...SIGNED_IN, sessions: [HERE] });
    expect(announced()).toBe('');
    await set({ sessions: [HERE, PHONE] });
    expect(announced()).toBe('New session: Safari on iPhone.');
  });

  test('going offline and coming back is announced', async () => {
    const { set } = await dashboard();
    await set({ online: false });
    expect(announced()).toBe("You're offline. Last updated 09:30.");
    await set({ online: true });
    expect(announced()).toBe("You're back online.");
  });

  test('there is one live region, and it is polite', async () => {
    const { container } = await dashboard();
    expect(container.querySelectorAll('[role=status], [role=alert], [aria-live]')).toHaveLength(1);
  });
});

describe('keyboard and StrictMode', () => {
  test('Tab reaches all buttons in the order of the page', async () => {
    const { press } = await dashboard({ ...SIGNED_IN, recommendations: [NEW_COUNTRY] });
    const order: (string | null | undefined)[] = [];
    for (let count = 0; count < 6; count += 1) {
      await press('{Tab}');
      order.push(focused());
    }
    expect(order).toEqual([
      'Sign out of all other sessions',
      'Yes, it was me: New country: Lisbon, PT',
      'No, sign out: Firefox on Linux',
      'Sign out of iPhone',
      'Sign out of Firefox on Linux',
      'Sign out everywhere',
    ]);
  });

  test('StrictMode starts one watch, announces once and opens dialogs', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const onSignedOut = vi.fn();
    render(
      <StrictMode>
        <LatchkeyProvider client={fake.client}>
          <SessionMonitoring locale="en-GB" onSignedOut={onSignedOut} />
        </LatchkeyProvider>
      </StrictMode>,
    );
    await pass();
    expect(fake.watching).toEqual({ now: 1, starts: 1 });
    expect(announced()).toBe('');
    button('Sign out of all other sessions').click();
    await pass();
    expect(screen.getByRole('dialog').hasAttribute('open')).toBe(true);
    fake.set({ ...SIGNED_OUT, endedReason: 'expired' });
    await pass();
    expect(onSignedOut.mock.calls).toEqual([['expired']]);
  });

  test('a visitor without a session is not signed out: onSignedOut is not called', async () => {
    const onSignedOut = vi.fn();
    const { set } = await dashboard({}, { onSignedOut });
    await set({ ...SIGNED_OUT, endedReason: null });
    expect(textOf(document.querySelector('.latchkey-ended'))).toBe("You're not signed in.");
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test('an onSignedOut that throws leaves the page as it is', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const onSignedOut = () => {
      throw new Error("the app's own");
    };
    const { set } = await dashboard(SIGNED_IN, { onSignedOut });
    await set({ ...SIGNED_OUT, endedReason: 'expired' });
    expect(textOf(document.querySelector('.latchkey-ended'))).toBe('Your session has expired. Please sign in again.');
    expect(logged).toHaveBeenCalledWith(new Error("the app's own"));
    logged.mockRestore();
  });

  test('StrictMode calls onSignedOut once if the session ended before', async () => {
    const fake = fakeLatchkey({ ...SIGNED_OUT, endedReason: 'expired' });
    const onSignedOut = vi.fn();
    render(
      <StrictMode>
        <LatchkeyProvider client={fake.client}>
          <SessionMonitoring onSignedOut={onSignedOut} />
        </LatchkeyProvider>
      </StrictMode>,
    );
    await pass();
    expect(onSignedOut.mock.calls).toEqual([['expired']]);
  });
});
