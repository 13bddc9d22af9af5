// Places at which a refresh stops in the browser. `gate.mjs` stops it on its way.

/** From now on no refresh leaves the browser. Resolves with a promise of the first one. */
export async function stopBeforeRequest(context) {
  let arrived;
  const stopped = new Promise((resolve) => (arrived = resolve));
  await context.route('**/api/auth/refresh', (route) => (route.request().method() === 'POST' ? arrived() : route.continue()));
  // In an object, because an async function would wait for the promise itself.
  return { stopped };
}

/** In the page: the response to a refresh arrives, and its cookies with it, but no script runs afterwards. */
export function stopAtResponse() {
  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method !== 'POST' || !String(input).endsWith('/refresh')) return response;
    await response.text();
    globalThis.hasResponse = true;
    return new Promise(() => {});
  };
}
