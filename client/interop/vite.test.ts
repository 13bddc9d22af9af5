/** An app with Vite and the dashboard, with both supported versions of React. */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type InlineConfig } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blockWith } from '../test/docs/support/blocks.js';
import { client, createApp, type App } from './support/packed.js';

/** React 19 is installed for the client, React 18 for this folder alone. */
const folderOf = (name: string, from: string): string => dirname(createRequire(from).resolve(`${name}/package.json`));
const here = fileURLToPath(import.meta.url);
const ofClient = join(client, 'package.json');

const HTML = '<!doctype html><div id="root"></div><script type="module" src="/main.tsx"></script>\n';
const MAIN = "import { createRoot } from 'react-dom/client'\nimport { Account } from './account'\n\ncreateRoot(document.getElementById('root')!).render(<Account />)\n";
const SERVER = "import { version } from 'react'\nimport { renderToString } from 'react-dom/server'\nimport { Account } from './account'\n\nexport const render = () => [version, renderToString(<Account />)]\n";

let app: App;

beforeAll(() => {
  app = createApp({ 'index.html': HTML, 'main.tsx': MAIN, 'server.tsx': SERVER });
  const snippet = blockWith('docs/client.md', 'export function Account()').code;
  const imports = "\nimport { createLatchkey } from '@latchkey/react/core'\nimport ";
  app.write('account.tsx', `${snippet.replace('\nimport ', imports)}\nconst latchkey = createLatchkey({ baseUrl: 'https://app.example.com/api/auth' })\n`);
});

afterAll(() => app?.remove());

describe.each([
  ['19', folderOf('react', ofClient), folderOf('react-dom', ofClient)],
  ['18', folderOf('react-18', here), folderOf('react-dom-18', here)],
])('React %s', (version, react, dom) => {
  const warnings: string[] = [];
  // The plugins of React for Vite silence the warning about 'use client', too.
  const onwarn = ({ code = '', message }: { code?: string; message: string }): void =>
    void (code !== 'MODULE_LEVEL_DIRECTIVE' && warnings.push(message));
  const config = (): InlineConfig => ({
    configFile: false,
    root: app.folder,
    logLevel: 'silent',
    resolve: { alias: [{ find: /^react(?=$|\/)/, replacement: react }, { find: /^react-dom(?=$|\/)/, replacement: dom }] },
    build: { outDir: join(app.folder, `dist-${version}`), rolldownOptions: { onwarn } },
  });

  test('builds for the browser without warnings, styles included', async () => {
    const outputs = await build({ ...config(), oxc: { jsx: { runtime: 'automatic' } } });
    const files = [outputs].flat().flatMap((output) => ('output' in output ? output.output : []));
    expect(files.map(({ fileName }) => fileName.split('.').pop()).sort()).toEqual(expect.arrayContaining(['css', 'html', 'js']));
    expect(warnings).toEqual([]);
  });

  test('renders the account page', async () => {
    await build({ ...config(), ssr: { noExternal: true }, build: { ...config().build, ssr: 'server.tsx', outDir: join(app.folder, `ssr-${version}`) }, oxc: { jsx: { runtime: 'automatic' } } });
    const module = (await import(pathToFileURL(join(app.folder, `ssr-${version}`, 'server.js')).href)) as { render: () => readonly [string, string] };
    const [actual, html] = module.render();
    expect(actual.split('.')[0]).toBe(version);
    expect(html).toContain('latchkey');
  });
});
