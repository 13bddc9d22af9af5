import { renderToString } from 'react-dom/server';
import { describe, expect, test, vi } from 'vitest';

import { LatchkeyProvider, preloadSessionMonitoring, SessionMonitoring, useSessionManagement } from '../../src/index.js';
import { setDefaultClientFactory } from '../../src/react/provider/default-client.js';
import { fakeLatchkey } from './support/fake-latchkey.js';
import { SIGNED_IN } from './support/fixtures.js';

describe('server rendering', () => {
  test('the dashboard renders as loading, without a request or a client', () => {
    const factory = vi.fn(() => fakeLatchkey(SIGNED_IN).client);
    const fetch = vi.spyOn(globalThis, 'fetch');
    setDefaultClientFactory(factory);
    expect(typeof window).toBe('undefined');
    expect(renderToString(<SessionMonitoring />)).toContain('Loading sessions…');
    expect(factory).not.toHaveBeenCalled();
    expect(fetch).not.toHaveBeenCalled();
  });

  test('with a client it is loading as well, so the HTML has no sessions', async () => {
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

  test('an action without a client rejects and names the provider', async () => {
    let signOut: () => Promise<void> = async () => {};
    const Page = () => {
      ({ signOut } = useSessionManagement());
      return null;
    };
    renderToString(<Page />);
    await expect(signOut()).rejects.toThrow('inside <LatchkeyProvider client={...}>');
  });
});
