/** A browser as far as the real server can see it. */

import type { Fetch } from '../../../src/core/transport/transport.js';

/** Node's fetch with a cookie jar and Sec-Fetch-Site; `onTheWay` delays a POST that already has its cookies. */
export function browser(jar = new Map<string, string>(), onTheWay?: () => Promise<void>): Fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('sec-fetch-site', 'same-origin');
    if (jar.size > 0 && init?.credentials !== 'omit') headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    if (init?.method === 'POST') await onTheWay?.();
    const response = await fetch(input, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
}
