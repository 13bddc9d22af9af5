/** The dashboard on a page, at half past nine on 25 November 2026 in Greenwich. */

import { act, render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { expect, vi } from 'vitest';

import { LatchkeyProvider, preloadSessionMonitoring, SessionMonitoring, type SessionMonitoringProps } from '../../../src/index.js';
import type { LatchkeyState } from '../../../src/core/types.js';
import { type FakeLatchkey, fakeLatchkey } from './fake-latchkey.js';
import { NOW, SIGNED_IN } from './world.js';

/** Call before each test: the page is there, the clock stands, and dialogs open as they do in browsers. */
export async function openPage(): Promise<void> {
  await preloadSessionMonitoring();
  process.env['TZ'] = 'UTC';
  vi.useFakeTimers({ now: NOW });
  localStorage.clear();
  // Testing Library moves only the clock of another runner, which it knows by its name.
  vi.stubGlobal('jest', { advanceTimersByTime: (ms: number) => vi.advanceTimersByTime(ms) });
  // axe measures letters where it can; jsdom complains instead.
  HTMLCanvasElement.prototype.getContext = () => null;
  // jsdom has the element and not its methods.
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

/** A row's words as they are read, without the space that only layout needs. */
export function wordsOf(element: Element | null | undefined): string {
  return (element?.textContent ?? '').replaceAll(/\s+/gu, ' ').trim();
}

/** Nothing that axe knows keeps anybody out. Colours need a browser. */
export async function expectAccessible(container: Element): Promise<void> {
  vi.useRealTimers();
  const { violations } = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
}
