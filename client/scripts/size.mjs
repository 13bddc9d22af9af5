// What does an app download? Small real apps, bundled with tree shaking, minified, gzipped; fails when one is over its budget.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Bytes: what it takes, and up to 2 % more. `whole` is hook and dashboard with core. */
const BUDGETS = { core: 5_280, whole: 19_200, styles: 1_680 };

const app = (names, use) => `import { ${names} } from './src/core/index.ts'; ${use}`;
const APPS = {
  core: app('createLatchkey', 'globalThis.app = createLatchkey();'),
  'with fetchOf': app('createLatchkey, fetchOf', 'globalThis.app = fetchOf(createLatchkey());'),
  'with sessionsOf': app('createLatchkey, sessionsOf', 'globalThis.app = sessionsOf(createLatchkey());'),
  'with headerMode': app('createLatchkey, headerMode', 'globalThis.app = createLatchkey({ mode: headerMode() });'),
  'hook with core': `import { useSessionManagement } from './src/index.ts'; globalThis.app = useSessionManagement;`,
  whole: `import { SessionMonitoring, useSessionManagement } from './src/index.ts'; globalThis.app = [SessionMonitoring, useSessionManagement];`,
};

/** The app's own React is its own affair. */
const REACT = /^react($|\/)/;

async function bundled(code) {
  const entry = { name: 'entry', resolveId: (id) => (id === 'entry' ? `${process.cwd()}/entry.js` : null), load: (id) => (id.endsWith('/entry.js') ? code : null) };
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [entry],
    define: { 'process.env.NODE_ENV': '"production"' },
    // Not as a library: vite leaves the white space in those.
    build: { write: false, minify: true, target: 'es2022', modulePreload: false, rolldownOptions: { input: 'entry', external: REACT } },
  });
  return [result].flat()[0].output.map((chunk) => chunk.code ?? '').join('\n');
}

const gzipped = (text) => gzipSync(text, { level: 9 }).length;
const sizes = { styles: gzipped(readFileSync('styles/styles.css', 'utf8')) };
for (const [name, code] of Object.entries(APPS)) sizes[name] = gzipped(await bundled(code));
for (const [name, size] of Object.entries(sizes)) {
  const budget = BUDGETS[name];
  const more = name.startsWith('with ') ? `, ${size - sizes.core} more than core` : '';
  console.log(`${name}: ${size}${budget ? ` of ${budget}` : ''} bytes gzip${more}`);
  if (size > budget) process.exitCode = 1;
}
