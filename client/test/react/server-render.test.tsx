import { renderToString } from 'react-dom/server';
import { describe, expect, test, vi } from 'vitest';

import { LatchkeyProvider, preloadSessionMonitoring, SessionMonitoring, useSessionManagement } from '../../src/index.js';
import { replaceDefaultClient } from '../../src/react/provider/default-client.js';
import { fakeLatchkey } from './support/fake-latchkey.js';
import { SIGNED_IN } from './support/world.js';

describe('on a server', () => {
  test('the dashboard renders as loading, touches no network and makes no client', () => {
    const factory = vi.fn(() => fakeLatchkey(SIGNED_IN).client);
    const fetch = vi.spyOn(globalThis, 'fetch');
    replaceDefaultClient(factory);
    expect(typeof window).toBe('undefined');
    expect(renderToString(<SessionMonitoring />)).toContain('Looking up where you are signed in …');
    expect(factory).not.toHaveBeenCalled();
    expect(fetch).not.toHaveBeenCalled();
  });

  test('with a client of its own it is loading as well: nobody’s sessions are in the page', async () => {
    await preloadSessionMonitoring();
    const fake = fakeLatchkey(SIGNED_IN);
    const html = renderToString(
      <LatchkeyProvider client={fake.client}>
        <SessionMonitoring />
      </LatchkeyProvider>,
    );
    expect(html).not.toContain('iPhone');
    expect(fake.client.subscribe).not.toHaveBeenCalled();
    expect(fake.watching.starts).toBe(0);
  });

  test('an action without a client says what is missing', async () => {
    let signOut: () => Promise<void> = async () => {};
    const Page = () => {
      ({ signOut } = useSessionManagement());
      return null;
    };
    renderToString(<Page />);
    await expect(signOut()).rejects.toThrow('below <LatchkeyProvider client>');
  });
});
