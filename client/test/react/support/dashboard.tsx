/** Renders the dashboard at 09:30 UTC on 25 November 2026. */

import { act, render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { expect, vi } from 'vitest';

import { LatchkeyProvider, preloadSessionMonitoring, SessionMonitoring, type SessionMonitoringProps } from '../../../src/index.js';
import type { LatchkeyState } from '../../../src/core/types.js';
import { type FakeLatchkey, fakeLatchkey } from './fake-latchkey.js';
import { NOW, SIGNED_IN } from './fixtures.js';

/** Call before each test: loads the sessions page, stops the clock and makes dialogs work in jsdom. */
export async function openPage(): Promise<void> {
  for (const locale of ['en', 'de']) await preloadSessionMonitoring(locale);
  process.env['TZ'] = 'UTC';
  vi.useFakeTimers({ now: NOW });
  localStorage.clear();
  // Testing Library advances fake timers only if it finds a global `jest`.
  vi.stubGlobal('jest', { advanceTimersByTime: (ms: number) => vi.advanceTimersByTime(ms) });
  // axe measures letters with a canvas, for which jsdom only logs an error.
  HTMLCanvasElement.prototype.getContext = () => null;
  // jsdom has the dialog element but not its methods.
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.setAttribute('open', '');
  };
  HTMLDialogElement.prototype.close = function close() {
    this.removeAttribute('open');
  };
}

export async function pass(ms = 0): Promise<void> {
  await act(async () => vi.advanceTimersByTimeAsync(ms));
}

export async function dashboard(
  state: Partial<LatchkeyState> = SIGNED_IN,
  props: SessionMonitoringProps = {},
  fake: FakeLatchkey = fakeLatchkey(state),
) {
  const page = (more: SessionMonitoringProps) => (
    <main>
      <LatchkeyProvider client={fake.client}>
        <SessionMonitoring locale="en-GB" {...props} {...more} />
      </LatchkeyProvider>
    </main>
  );
  const { container, rerender, unmount } = render(page({}));
  await pass();
  const user = userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTime(ms) });
  return {
    container,
    fake,
    user,
    unmount,
    rerender: (more: SessionMonitoringProps) => rerender(page(more)),
    set: async (part: Partial<LatchkeyState>) => {
      act(() => fake.set(part));
      await pass();
    },
    click: async (element: HTMLElement) => {
      await user.click(element);
      await pass();
    },
    press: async (keys: string) => {
      await user.keyboard(keys);
      await pass();
    },
  };
}

/** The text of an element as a reader sees it, without the white space of the markup. */
export function textOf(element: Element | null | undefined): string {
  return (element?.textContent ?? '').replaceAll(/\s+/gu, ' ').trim();
}

/** Fails with the violations that axe finds. Colour contrast needs a browser, so the browser tests check that. */
export async function expectAccessible(container: Element): Promise<void> {
  vi.useRealTimers();
  const { violations } = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
}
