// @vitest-environment jsdom
import { cleanup, screen, within } from '@testing-library/react';
import { StrictMode } from 'react';
import { render } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { LatchkeyProvider, SessionMonitoring } from '../../src/index.js';
import { REVOKE_RESPONSE, deferred, fakeLatchkey, latchkeyError } from './support/fake-latchkey.js';
import { dashboard, expectAccessible, openPage, pass, textOf } from './support/dashboard.js';
import { ABROAD, HERE, NEW_COUNTRY, PHONE, SIGNED_IN, SIGNED_OUT, TRAVEL, UNKNOWN_DEVICE, securityEvent, session } from './support/fixtures.js';

beforeEach(openPage);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const focused = () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim();
const rowIds = () =>
  [...document.querySelectorAll<HTMLElement>('.latchkey-card')].map(({ dataset }) => dataset['latchkeyItem']);
const announced = () => textOf(screen.getByRole('status'));

describe('signing one session out', () => {
  test('the button asks for confirmation, with the focus on Cancel', async () => {
    const { click, fake, container } = await dashboard();
    await click(button('Sign out of Safari on iPhone'));
    const question = screen.getByRole('group', { name: 'Sign out of Safari on iPhone?' });
    expect(within(question).getAllByRole('button').map(textOf)).toEqual(['Sign out', 'Cancel']);
    expect(focused()).toBe('Cancel');
    expect(fake.sessions.revoke).not.toHaveBeenCalled();
    await expectAccessible(container);
  });

  test('Cancel and Escape close the question and return the focus', async () => {
    const { click, press, fake } = await dashboard();
    await click(button('Sign out of Safari on iPhone'));
    await click(button('Cancel'));
    expect(focused()).toBe('Sign out of Safari on iPhone');
    await press('{Enter}');
    expect(focused()).toBe('Cancel');
    await press('{Escape}');
    expect(focused()).toBe('Sign out of Safari on iPhone');
    expect(fake.sessions.revoke).not.toHaveBeenCalled();
  });

  test('the row disappears at once, is announced and passes the focus on', async () => {
    const { click, fake } = await dashboard();
    fake.sessions.revoke.mockReturnValue(new Promise(() => {}));
    await click(button('Sign out of Safari on iPhone'));
    await click(button('Sign out'));
    expect(fake.sessions.revoke.mock.calls).toEqual([[PHONE.session_id]]);
    expect(rowIds()).toEqual([HERE.session_id, ABROAD.session_id]);
    expect(focused()).toBe('Firefox 145 on Linux');
    expect(announced()).toBe('Session ended: Safari on iPhone.');
  });

  test('after the last row the focus moves to the previous one', async () => {
    const { click } = await dashboard();
    await click(button('Sign out of Firefox on Linux'));
    await click(button('Sign out'));
    expect(focused()).toBe('Safari 18 on iPhone');
  });

  test('the row returns with a message if the server refuses', async () => {
    const { click, fake, container } = await dashboard();
    const answer = deferred<typeof REVOKE_RESPONSE>();
    fake.sessions.revoke.mockReturnValue(answer.promise);
    await click(button('Sign out of Safari on iPhone'));
    await click(button('Sign out'));
    answer.reject(latchkeyError('store_unavailable', { status: 503 }));
    await pass();
    const sentence = "Couldn't sign out of Safari on iPhone. It's still signed in. Please try again.";
    expect(rowIds()).toEqual([HERE.session_id, PHONE.session_id, ABROAD.session_id]);
    expect(textOf(container.querySelector('.latchkey-message'))).toBe(sentence);
    expect(announced()).toBe(sentence);
    await expectAccessible(container);
  });

  test('a refusal for an old sign-in asks the user to sign in again', async () => {
    const { click, fake, container } = await dashboard();
    fake.sessions.revoke.mockRejectedValue(latchkeyError('reauthentication_required', { status: 403 }));
    await click(button('Sign out of Safari on iPhone'));
    await click(button('Sign out'));
    expect(textOf(container.querySelector('.latchkey-message'))).toBe(
      'For your security, please sign in again before you do this.',
    );
  });

  test('a row removed by another device moves the focus only if it had it', async () => {
    const { set } = await dashboard();
    button('Sign out of Safari on iPhone').focus();
    await set({ sessions: [HERE, ABROAD] });
    expect(focused()).toBe('Firefox 145 on Linux');
    button('Sign out of all other sessions').focus();
    await set({ sessions: [HERE, session({ ...PHONE })] });
    expect(focused()).toBe('Sign out of all other sessions');
  });

  test('a removed row does not move the focus if nothing was focused', async () => {
    const { set } = await dashboard();
    button('Sign out of Safari on iPhone').focus();
    button('Sign out of Safari on iPhone').blur();
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

describe('advice', () => {
  const withAdvice = { ...SIGNED_IN, recommendations: [NEW_COUNTRY] };
  const question = () => document.querySelector('.latchkey-question');

  test('is in the card of its session, with its facts and two answers', async () => {
    await dashboard(withAdvice);
    expect(textOf(question())).toBe('New country: Lisbon, Portugal, 2 hours ago. Was this you? It was me It wasn\'t me');
    expect(question()?.closest('li')?.dataset['latchkeyItem']).toBe(ABROAD.session_id);
  });

  test('of several kinds about one session is one question', async () => {
    const { click, container } = await dashboard({ ...SIGNED_IN, recommendations: [UNKNOWN_DEVICE, NEW_COUNTRY, TRAVEL] });
    expect(container.querySelectorAll('.latchkey-question')).toHaveLength(1);
    expect(textOf(question())).toContain("New device. New country: Lisbon, Portugal. Moved to Lisbon, Portugal (you're usually in Germany) faster");
    await click(button('It was me: Firefox on Linux'));
    expect(textOf(question())).toBe("Thanks. We won't ask about this again on this browser. Undo");
    await expectAccessible(container);
  });

  test('"It was me" can be undone, and the focus follows', async () => {
    const { click } = await dashboard(withAdvice);
    await click(button('It was me: Firefox on Linux'));
    expect(focused()).toBe('Undo');
    await click(button('Undo'));
    expect(button('It was me: Firefox on Linux')).toBeTruthy();
    expect(focused()).toBe('Firefox 145 on Linux');
  });

  test('an answer is remembered on the next visit, but not for a new finding', async () => {
    const first = await dashboard(withAdvice);
    await first.click(button('It was me: Firefox on Linux'));
    first.unmount();
    const { set } = await dashboard(withAdvice);
    expect(question()).toBeNull();
    const newer = { ...NEW_COUNTRY, detail: { ...NEW_COUNTRY.detail, at: '2026-11-25T09:00:00Z' } };
    await set({ recommendations: [newer] });
    expect(button('It was me: Firefox on Linux')).toBeTruthy();
  });

  test('an answer works in a browser without storage', async () => {
    vi.stubGlobal('localStorage', undefined);
    const { click } = await dashboard(withAdvice);
    await click(button('It was me: Firefox on Linux'));
    expect(button('Undo')).toBeTruthy();
  });

  test('"It wasn\'t me" asks, ends the session and leads to the password page', async () => {
    const { click, fake, container } = await dashboard(withAdvice, { passwordUrl: 'https://idp.example/password' });
    await click(button("It wasn't me: Firefox on Linux"));
    expect(fake.sessions.revoke).not.toHaveBeenCalled();
    await click(button('Sign out'));
    expect(fake.sessions.revoke.mock.calls).toEqual([[ABROAD.session_id]]);
    expect(rowIds()).not.toContain(ABROAD.session_id);
    const link = screen.getByRole('link', { name: 'Change password' });
    expect(link.getAttribute('href')).toBe('https://idp.example/password');
    expect(document.activeElement).toBe(link);
    expect(announced()).toContain('You signed out of Firefox on Linux.');
    await expectAccessible(container);
  });

  test('without a password page the advice to change the password remains', async () => {
    const { click, container } = await dashboard(withAdvice);
    await click(button("It wasn't me: Firefox on Linux"));
    await click(button('Sign out'));
    expect(textOf(container.querySelector('.latchkey-message'))).toContain('change your password');
    expect(screen.queryByRole('link')).toBeNull();
    await click(button('Dismiss'));
    expect(container.querySelector('.latchkey-message')).toBeNull();
    expect(document.activeElement).not.toBe(document.body);
  });

  test('"It wasn\'t me" leads nowhere if the sign-out fails', async () => {
    const { click, fake, container } = await dashboard(withAdvice, { passwordUrl: '/password' });
    fake.sessions.revoke.mockRejectedValue(latchkeyError('network'));
    await click(button("It wasn't me: Firefox on Linux"));
    await click(button('Sign out'));
    expect(screen.queryByRole('link')).toBeNull();
    expect(textOf(container.querySelector('.latchkey-message'))).toContain("Couldn't sign out of Firefox on Linux.");
  });

  test('"It wasn\'t me" about this device signs out everywhere', async () => {
    const here = { ...NEW_COUNTRY, session_id: HERE.session_id };
    const { click, fake } = await dashboard({ ...SIGNED_IN, recommendations: [here] });
    await click(button("It wasn't me: Chrome on Windows"));
    await click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Sign out everywhere' }));
    expect(fake.sessions.revokeAll).toHaveBeenCalledTimes(1);
  });

  test('about disuse asks no question, and can be dismissed', async () => {
    const idle = { code: 'idle_session', severity: 'info', session_id: PHONE.session_id, detail: { idle_days: 9 } } as const;
    const { click } = await dashboard({ ...SIGNED_IN, recommendations: [idle] });
    expect(textOf(question())).toBe("You haven't used this session for 9 days. Keep signed in");
    await click(button('Keep signed in: Safari on iPhone'));
    expect(button('Undo')).toBeTruthy();
  });

  test('several questions have one line above the list, which leads to the first', async () => {
    const other = { ...NEW_COUNTRY, session_id: PHONE.session_id };
    const { click, container } = await dashboard({ ...SIGNED_IN, recommendations: [NEW_COUNTRY, other] });
    expect(textOf(container.querySelector('.latchkey-review'))).toBe('Please check 2 sessions: was this you? Review');
    await click(button('Review'));
    expect(focused()).toBe('It was me: Safari on iPhone');
    await click(button('It was me: Safari on iPhone'));
    expect(container.querySelector('.latchkey-review')).toBeNull();
  });

  test('that one user has dismissed is shown to the next user of the browser, and under another limit', async () => {
    const full = (limit: number) => ({ code: 'many_sessions', severity: 'low', session_id: null, detail: { sessions: limit, limit } }) as const;
    const dismiss = () => screen.queryByRole('button', { name: /^Dismiss: You've reached the limit/u });
    const { click, unmount } = await dashboard({ ...SIGNED_IN, userId: 'ada', recommendations: [full(5)] });
    await click(dismiss()!);
    unmount();
    const shownTo = async (userId: string, limit: number) => {
      const page = await dashboard({ ...SIGNED_IN, userId, recommendations: [full(limit)] });
      const isShown = dismiss() !== null;
      page.unmount();
      return isShown;
    };
    expect([await shownTo('ada', 5), await shownTo('bob', 5), await shownTo('ada', 8)]).toEqual([false, true, true]);
  });

  test('about the account is above the list, two at first', async () => {
    const reuse = (n: number) => ({ code: 'recent_reuse', severity: 'high', session_id: null, detail: { device: `curl ${n}`, at: `2026-11-25T0${n}:00:00Z` } }) as const;
    const { click, container } = await dashboard({ ...SIGNED_IN, recommendations: [reuse(1), reuse(2), reuse(3), reuse(4)] });
    const shown = () => container.querySelectorAll('.latchkey-advice li');
    expect(shown()).toHaveLength(2);
    await click(button('Show 2 more'));
    expect(shown()).toHaveLength(4);
    expect(document.activeElement).not.toBe(document.body);
    await click(screen.getAllByRole('button', { name: /^Dismiss: We ended a session/u })[0]!);
    expect(focused()).toBe('Undo');
    await expectAccessible(container);
  });
});

describe('details', () => {
  test('open from the name and show everything that is known', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValue({ events: [securityEvent({ created_at: '2026-11-25T07:30:00Z' })], next: null });
    const { click, container } = await dashboard({}, {}, fake);
    const name = button('Firefox 145 on Linux');
    expect(name.getAttribute('aria-expanded')).toBe('false');
    await click(name);
    expect(name.getAttribute('aria-expanded')).toBe('true');
    const details = textOf(document.getElementById(name.getAttribute('aria-controls') ?? ''));
    for (const fact of [
      'Browser Firefox 145', 'System Linux', 'Device Computer', 'Place Lisbon, Portugal', 'IP address 203.0.113.9', 'Protection Not bound to a key',
      'Signed in Wednesday, 25 November 2026 at 07:30:00 UTC', 'Noticed New country: Lisbon, Portugal', '07:30 Signed in · 203.0.113.9',
    ]) {
      expect(details).toContain(fact);
    }
    await click(name);
    expect(textOf(container)).not.toContain('Signs out at the latest');
    await click(name);
    await expectAccessible(container);
  });
});

describe('security events', () => {
  test('each has its day, time, name, device and place, and alerts a severity', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValue({
      events: [
        securityEvent({ severity: 'low', created_at: '2026-11-25T09:12:00Z', details: { device: 'Firefox on Linux', city: 'Lisbon', country: 'PT' } }),
        securityEvent({ event_id: '2', event_type: 'country_changed', severity: 'medium', session_id: null, created_at: '2026-11-24T08:40:00Z', details: { from: 'DE', to: 'PT' } }),
      ],
      next: null,
    });
    const { container } = await dashboard({}, {}, fake);
    expect([...container.querySelectorAll('.latchkey-events :is(h4, li)')].map(textOf)).toEqual([
      'Today',
      '09:12 Signed in Firefox on Linux Lisbon, Portugal',
      'Yesterday',
      '08:40 Country changed Medium from Germany to Portugal',
    ]);
    expect(textOf(container.querySelector('.latchkey-events > p'))).toBe('Times are in UTC.');
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
    expect(focused()).toBe('Recent activity');
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
    for (let count = 0; count < 9; count += 1) {
      await press('{Tab}');
      order.push(focused());
    }
    expect(order).toEqual([
      'Sign out of all other sessions',
      'Chrome 140 on Windows',
      'Safari 18 on iPhone',
      'Sign out of Safari on iPhone',
      'Firefox 145 on Linux',
      'Sign out of Firefox on Linux',
      'It was me: Firefox on Linux',
      "It wasn't me: Firefox on Linux",
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
