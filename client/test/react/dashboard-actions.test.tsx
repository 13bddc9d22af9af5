// @vitest-environment jsdom
import { cleanup, screen, within } from '@testing-library/react';
import { StrictMode } from 'react';
import { render } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { LatchkeyProvider, SessionMonitoring } from '../../src/index.js';
import { ENDED, fakeLatchkey, later, latchkeyError } from './support/fake-latchkey.js';
import { dashboard, expectAccessible, openPage, pass, wordsOf } from './support/dashboard.js';
import { ABROAD, HERE, NEW_COUNTRY, PHONE, SIGNED_IN, SIGNED_OUT, securityEvent, session } from './support/world.js';

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
const said = () => wordsOf(screen.getByRole('status'));

describe('signing one session out', () => {
  test('the button asks in place, and the focus is on what changes nothing', async () => {
    const { click, fake, container } = await dashboard();
    await click(button('Sign out iPhone'));
    const question = screen.getByRole('group', { name: 'Sign out iPhone?' });
    expect(within(question).getAllByRole('button').map(wordsOf)).toEqual(['Sign out', 'Keep']);
    expect(focused()).toBe('Keep');
    expect(fake.sessions.revoke).not.toHaveBeenCalled();
    await expectAccessible(container);
  });

  test('keep and Escape take the question back, and the focus returns to the button', async () => {
    const { click, press, fake } = await dashboard();
    await click(button('Sign out iPhone'));
    await click(button('Keep'));
    expect(focused()).toBe('Sign out iPhone');
    await press('{Enter}');
    expect(focused()).toBe('Keep');
    await press('{Escape}');
    expect(focused()).toBe('Sign out iPhone');
    expect(fake.sessions.revoke).not.toHaveBeenCalled();
  });

  test('the row leaves at once, the focus goes to its neighbour, and it is said', async () => {
    const { click, fake } = await dashboard();
    fake.sessions.revoke.mockReturnValue(new Promise(() => {}));
    await click(button('Sign out iPhone'));
    await click(button('Sign out'));
    expect(fake.sessions.revoke.mock.calls).toEqual([[PHONE.session_id]]);
    expect(rowIds()).toEqual([HERE.session_id, ABROAD.session_id]);
    expect(focused()).toBe('Sign out Firefox on Linux');
    expect(said()).toBe('A session ended: iPhone.');
  });

  test('after the last row the focus goes to the one before', async () => {
    const { click } = await dashboard();
    await click(button('Sign out Firefox on Linux'));
    await click(button('Sign out'));
    expect(focused()).toBe('Sign out iPhone');
  });

  test('the row returns when the server refuses, which is said and shown', async () => {
    const { click, fake, container } = await dashboard();
    const answer = later<typeof ENDED>();
    fake.sessions.revoke.mockReturnValue(answer.promise);
    await click(button('Sign out iPhone'));
    await click(button('Sign out'));
    answer.reject(latchkeyError('store_unavailable', { status: 503 }));
    await pass();
    const sentence = 'iPhone could not be signed out and is still signed in. Please try again.';
    expect(rowIds()).toEqual([HERE.session_id, PHONE.session_id, ABROAD.session_id]);
    expect(wordsOf(container.querySelector('.latchkey-outcome'))).toBe(sentence);
    expect(said()).toBe(sentence);
    await expectAccessible(container);
  });

  test('a sign-in that is too old is asked for in words', async () => {
    const { click, fake, container } = await dashboard();
    fake.sessions.revoke.mockRejectedValue(latchkeyError('reauthentication_required', { status: 403 }));
    await click(button('Sign out iPhone'));
    await click(button('Sign out'));
    expect(wordsOf(container.querySelector('.latchkey-outcome'))).toBe(
      'That needs a fresh sign-in. Please sign in again and repeat it.',
    );
  });

  test('a row that another device signs out hands its focus on, and takes nobody else’s', async () => {
    const { set } = await dashboard();
    button('Sign out iPhone').focus();
    await set({ sessions: [HERE, ABROAD] });
    expect(focused()).toBe('Sign out Firefox on Linux');
    button('Sign out all others').focus();
    await set({ sessions: [HERE, session({ ...PHONE })] });
    expect(focused()).toBe('Sign out all others');
  });

  test('without any focus on the page a row that leaves moves none', async () => {
    const { set } = await dashboard();
    button('Sign out iPhone').focus();
    button('Sign out iPhone').blur();
    await set({ sessions: [HERE, ABROAD] });
    expect(document.activeElement).toBe(document.body);
  });
});

describe('signing many sessions out', () => {
  test('a question is over when the sessions that it was about are: those that come may be of somebody else', async () => {
    const { click, set } = await dashboard();
    await click(button('Sign out everywhere …'));
    expect(screen.getByRole('dialog')).toBeTruthy();
    await set({ sessions: null });
    await set({ sessions: SIGNED_IN.sessions ?? [] });
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('all others: a dialog says how many and what becomes of open pages', async () => {
    const { click, container } = await dashboard();
    await click(button('Sign out all others'));
    const dialog = screen.getByRole('dialog', { name: 'Sign out all others?' });
    expect(dialog.tagName).toBe('DIALOG');
    expect(wordsOf(dialog)).toContain('2 other sessions are signed out at once. You stay signed in here.');
    expect(wordsOf(dialog)).toContain('Pages that are still open there stop working');
    expect(focused()).toBe('Cancel');
    await expectAccessible(container);
  });

  test('cancel and Escape close it, and the focus returns to its opener', async () => {
    const { click, fake } = await dashboard();
    await click(button('Sign out all others'));
    await click(button('Cancel'));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(focused()).toBe('Sign out all others');
    await click(button('Sign out everywhere …'));
    screen.getByRole('dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
    await pass();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(focused()).toBe('Sign out everywhere …');
    expect(fake.sessions.revokeOthers).not.toHaveBeenCalled();
  });

  test('confirmed, the others leave and it is said until when open pages may work', async () => {
    const { click, fake, container } = await dashboard();
    fake.sessions.revokeOthers.mockResolvedValue({ ...ENDED, ended: 2 });
    await click(button('Sign out all others'));
    await click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Sign out all others' }));
    expect(rowIds()).toEqual([HERE.session_id]);
    const sentence =
      '2 other sessions are signed out. Pages that are still open there stop working by 10:25 at the latest.';
    expect(wordsOf(container.querySelector('.latchkey-outcome'))).toBe(sentence);
    expect(said()).toBe(sentence);
    expect(focused()).toBe("Where you're signed in");
  });

  test('everywhere: the dialog counts this one too, and the end has its sentence', async () => {
    const { click, fake, set } = await dashboard();
    await click(button('Sign out everywhere …'));
    const dialog = screen.getByRole('dialog', { name: 'Sign out everywhere?' });
    expect(wordsOf(dialog)).toContain('All 3 sessions are signed out at once, this one too.');
    await click(within(dialog).getByRole('button', { name: 'Sign out everywhere' }));
    expect(fake.sessions.revokeAll).toHaveBeenCalledTimes(1);
    await set({ ...SIGNED_OUT, endedReason: 'signed_out' });
    expect(said()).toBe('You signed out.');
    expect(focused()).toBe("Where you're signed in");
  });

  test('a refusal brings the others back and is said', async () => {
    const { click, fake } = await dashboard();
    fake.sessions.revokeOthers.mockRejectedValue(latchkeyError('network'));
    await click(button('Sign out all others'));
    await click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Sign out all others' }));
    expect(rowIds()).toHaveLength(3);
    expect(said()).toBe('The sessions could not be signed out. Please try again.');
  });

  test('a dialog that is open when the session ends closes', async () => {
    const { click, set } = await dashboard();
    await click(button('Sign out everywhere …'));
    await set({ ...SIGNED_OUT, endedReason: 'admin' });
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(focused()).toBe("Where you're signed in");
  });
});

describe('recommendations', () => {
  const advised = { ...SIGNED_IN, recommendations: [NEW_COUNTRY] };

  test('one is a sentence with its facts, and two answers', async () => {
    const { container } = await dashboard(advised);
    expect(wordsOf(container.querySelector('.latchkey-recommendations'))).toBe(
      'A sign-in from a country you have not used before: Lisbon, PT, 2 hours ago. Firefox on Linux. That was me Sign it out',
    );
  });

  test('that was me can be undone, and the focus follows', async () => {
    const { click, container } = await dashboard(advised);
    await click(button(/^That was me/u));
    expect(wordsOf(container.querySelector('.latchkey-recommendations'))).toBe('Noted. Undo');
    expect(focused()).toBe('Undo');
    await click(button('Undo'));
    expect(focused()).toMatch(/^That was me/u);
  });

  test('what was seen to stays so on the next visit, and a new finding does not', async () => {
    const first = await dashboard(advised);
    await first.click(button(/^That was me/u));
    first.unmount();
    const { set } = await dashboard(advised);
    expect(screen.queryByRole('button', { name: /That was me|Undo/u })).toBeNull();
    const later = { ...NEW_COUNTRY, detail: { ...NEW_COUNTRY.detail, at: '2026-11-25T09:00:00Z' } };
    await set({ recommendations: [later] });
    expect(button(/^That was me/u)).toBeTruthy();
  });

  test('a browser that keeps nothing still takes the answer', async () => {
    vi.stubGlobal('localStorage', undefined);
    const { click } = await dashboard(advised);
    await click(button(/^That was me/u));
    expect(button('Undo')).toBeTruthy();
  });

  test('sign it out asks as well, and takes row and recommendation away', async () => {
    const { click, fake } = await dashboard(advised);
    await click(button('Sign it out: Firefox on Linux'));
    await click(button('Sign out'));
    expect(fake.sessions.revoke.mock.calls).toEqual([[ABROAD.session_id]]);
    expect(rowIds()).not.toContain(ABROAD.session_id);
    expect(document.querySelector('.latchkey-recommendations')).toBeNull();
    expect(focused()).toBe('This device');
  });
});

describe('security events', () => {
  test('each is a line with its time, what happened, from where, and how bad', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValue({
      events: [
        securityEvent({ severity: 'low', created_at: '2026-11-25T09:12:00Z' }),
        securityEvent({ event_id: '2', event_type: 'country_changed', severity: 'medium', session_id: null, created_at: '2026-11-24T08:40:00Z', details: { from: 'DE', to: 'PT' } }),
      ],
      next: null,
    });
    const { container } = await dashboard({}, {}, fake);
    expect([...container.querySelectorAll('.latchkey-events li')].map(wordsOf)).toEqual([
      '09:12 Signed in Firefox on Linux, Lisbon, PT notice',
      '24 Nov, 08:40 Country changed from Germany to Portugal warning',
    ]);
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  test('show more adds the older ones, says how many, and leaves the focus on the page', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValueOnce({ events: [securityEvent()], next: 'older' });
    fake.sessions.events.mockResolvedValueOnce({
      events: [securityEvent({ event_id: '2' }), securityEvent({ event_id: '3' })],
      next: null,
    });
    const { click, container } = await dashboard({}, {}, fake);
    await click(button('Show more'));
    expect(container.querySelectorAll('.latchkey-events li')).toHaveLength(3);
    expect(said()).toBe('2 older events.');
    expect(focused()).toBe('Recent security activity');
  });

  test('older ones that cannot be read are said to be missing, and can be asked for again', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    fake.sessions.events.mockResolvedValueOnce({ events: [securityEvent()], next: 'older' });
    fake.sessions.events.mockRejectedValueOnce(latchkeyError('network'));
    const { click } = await dashboard({}, {}, fake);
    await click(button('Show more'));
    expect(said()).toBe('We could not reach the server.');
    expect(focused()).toBe('Show more');
  });

  test('no events are said in words once they were asked for', async () => {
    await dashboard();
    expect(screen.getByText('Nothing has happened yet.')).toBeTruthy();
  });
});

describe('what is said without being asked', () => {
  test('a new session, by name, and nothing for the first list', async () => {
    const { set } = await dashboard({ ...SIGNED_IN, sessions: [HERE] });
    expect(said()).toBe('');
    await set({ sessions: [HERE, PHONE] });
    expect(said()).toBe('A new session appeared: Safari on iPhone.');
  });

  test('going offline and coming back', async () => {
    const { set } = await dashboard();
    await set({ online: false });
    expect(said()).toBe('You are offline. What you see is from 09:30.');
    await set({ online: true });
    expect(said()).toBe('You are online again.');
  });

  test('there is one live region, and it is polite', async () => {
    const { container } = await dashboard();
    expect(container.querySelectorAll('[role=status], [role=alert], [aria-live]')).toHaveLength(1);
  });
});

describe('keyboard and StrictMode', () => {
  test('Tab goes through all buttons in the order of the page', async () => {
    const { press } = await dashboard({ ...SIGNED_IN, recommendations: [NEW_COUNTRY] });
    const order: (string | null | undefined)[] = [];
    for (let count = 0; count < 6; count += 1) {
      await press('{Tab}');
      order.push(focused());
    }
    expect(order).toEqual([
      'Sign out all others',
      'That was me: A sign-in from a country you have not used before: Lisbon, PT',
      'Sign it out: Firefox on Linux',
      'Sign out iPhone',
      'Sign out Firefox on Linux',
      'Sign out everywhere …',
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
    expect(said()).toBe('');
    button('Sign out all others').click();
    await pass();
    expect(screen.getByRole('dialog').hasAttribute('open')).toBe(true);
    fake.set({ ...SIGNED_OUT, endedReason: 'expired' });
    await pass();
    expect(onSignedOut.mock.calls).toEqual([['expired']]);
  });

  test('StrictMode tells of an end once, on a page that opens after it', async () => {
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
