/** Apps with Vue and Svelte, from the code of docs/client.md: built by Vite, run against the real server, and rendered on a server. */

import { svelte } from '@sveltejs/vite-plugin-svelte';
import vue from '@vitejs/plugin-vue';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { JSDOM } from 'jsdom';
import { build, type InlineConfig, type PluginOption } from 'vite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type LocalServer, startLocalServer } from '../test/server/support/local-server.js';
import { type App, createApp } from './support/packed.js';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/client.md', import.meta.url)), 'utf8');
const codeOf = (language: string): string => new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(PAGE)?.[1] ?? '';

/** The app's own module. */
const clientOf = (options: string): string =>
  `import { createLatchkey, headerMode } from '@latchkey/react/core'\nexport const latchkey = createLatchkey({ ${options} })\n`;

const FRAMEWORKS = {
  vue: {
    plugin: (): PluginOption => vue(),
    file: 'Sessions.vue',
    start: "import { createApp } from 'vue'\nimport Sessions from './Sessions.vue'\nimport { latchkey } from './latchkey'\nconst app = createApp(Sessions)\nglobalThis.start = () => app.mount('#app')\nglobalThis.stop = () => app.unmount()\nglobalThis.latchkey = latchkey\n",
    render: "import { createSSRApp } from 'vue'\nimport { renderToString } from 'vue/server-renderer'\nimport Sessions from './Sessions.vue'\nexport const render = () => renderToString(createSSRApp(Sessions))\n",
  },
  svelte: {
    plugin: (): PluginOption => svelte({ configFile: false }),
    file: 'Sessions.svelte',
    start: "import { mount, unmount } from 'svelte'\nimport Sessions from './Sessions.svelte'\nimport { latchkey } from './latchkey'\nlet app\nglobalThis.start = () => { app = mount(Sessions, { target: document.getElementById('app') }) }\nglobalThis.stop = () => unmount(app)\nglobalThis.latchkey = latchkey\n",
    render: "import { render as renderComponent } from 'svelte/server'\nimport Sessions from './Sessions.svelte'\nexport const render = async () => (await renderComponent(Sessions)).body\n",
  },
};

/** What the app and the page give to the test. */
interface Running {
  start(): void;
  stop(): void;
  readonly latchkey: { signIn(assertion: string): Promise<unknown>; dispose(): void };
}

/** A page of jsdom that has the network of Node. `onFetch` is called for each request. */
function openPage(origin: string, script: string, onFetch: () => void): JSDOM {
  const dom = new JSDOM('<div id="app"></div>', { url: origin, runScripts: 'outside-only', pretendToBeVisual: true });
  const { Headers, Request, Response, AbortController, AbortSignal, TextEncoder } = globalThis;
  const counted: typeof fetch = (input, init) => {
    onFetch();
    return fetch(input, init);
  };
  Object.assign(dom.window, { fetch: counted, Headers, Request, Response, AbortController, AbortSignal, TextEncoder });
  dom.window.eval(script);
  return dom;
}

let app: App;
let api: LocalServer;

beforeAll(async () => {
  api = await startLocalServer();
  app = createApp();
});

afterAll(async () => {
  await api?.stop();
  app?.remove();
});

describe.each(Object.entries(FRAMEWORKS))('%s', (name, { plugin, file, start, render }) => {
  const outDir = (kind: string): string => join(app.folder, `${name}-${kind}`);
  const config = (): InlineConfig => ({
    configFile: false,
    root: app.folder,
    logLevel: 'error',
    plugins: [plugin()],
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const assertion = async (): Promise<string> => String((await api.post('/dev/assertion', { sub: name }))['assertion']);

  test('lists the sessions, signs another one out, and stops', async () => {
    app.write(file, codeOf(name));
    // In header mode, because jsdom keeps no cookies of Node's requests.
    app.write('latchkey.ts', clientOf(`baseUrl: '${api.issuer}', mode: headerMode(), pollEvery: 1`));
    const lib = { entry: app.write(`${name}.ts`, start), formats: ['iife' as const], name: 'app', fileName: () => 'app.js' };
    await build({ ...config(), build: { outDir: outDir('page'), lib } });
    let requests = 0;
    const { window } = openPage(new URL(api.issuer).origin, readFileSync(join(outDir('page'), 'app.js'), 'utf8'), () => requests++);
    const running = window as unknown as Running;
    const text = (selector: string): string[] => [...window.document.querySelectorAll(selector)].map((element) => element.textContent.trim());
    try {
      running.start();
      await vi.waitFor(() => expect(text('[role=status]')).toEqual(['signed-out']), 10_000);
      await api.signIn(name);
      await running.latchkey.signIn(await assertion());
      await vi.waitFor(() => expect(text('li')).toHaveLength(2), 30_000);
      expect(text('[role=status]')).toEqual(['signed-in']);
      expect(text('li button')).toEqual(['Sign out']);
      window.document.querySelector<HTMLElement>('li button')?.click();
      await vi.waitFor(() => expect(text('li')).toHaveLength(1), 10_000);
      running.stop();
      expect(text('li')).toEqual([]);
      // Two more polls would be due.
      const before = requests;
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(requests).toBe(before);
    } finally {
      running.latchkey.dispose();
      window.close();
    }
  });

  test('is rendered on a server without a request', async () => {
    app.write(file, codeOf(name));
    // In cookie mode a client asks for its status as soon as it is subscribed to.
    app.write('latchkey.ts', clientOf(`baseUrl: '${api.issuer}'`));
    const entry = app.write(`${name}-server.ts`, render);
    await build({ ...config(), ssr: { noExternal: true }, build: { ssr: entry, outDir: outDir('server') } });
    const fetched = vi.spyOn(globalThis, 'fetch');
    const module = (await import(pathToFileURL(join(outDir('server'), `${name}-server.js`)).href)) as { render: () => Promise<string> };
    expect(await module.render()).toMatch(/<p role="status">unknown<\/p>/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });
});
