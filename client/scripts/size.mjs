// How much does an app download? Bundles small apps with tree shaking, minifies and gzips them, and fails if one is over its budget.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, minifySync } from 'vite';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/**
 * Bytes: the present size and up to 2 % more. `on demand` loads when the account page is first shown to a user with a session. The
 * console is for administrators; its bytes on demand contain the account page, which it shows for each user.
 */
const BUDGETS = {
  styles: 2_900,
  'console styles': 1_475,
  core: 9_000,
  'hook with core': 14_000,
  'hook and account page': 15_800,
  'hook and account page, on demand': 15_185,
  console: 16_050,
  'console, on demand': 28_500,
};

const app = (names, use) => `import { ${names} } from './src/core/index.ts'; ${use}`;
const APPS = {
  core: app('createLatchkey', 'globalThis.app = createLatchkey();'),
  'with fetchOf': app('createLatchkey, fetchOf', 'globalThis.app = fetchOf(createLatchkey());'),
  'with sessionsOf': app('createLatchkey, sessionsOf', 'globalThis.app = sessionsOf(createLatchkey());'),
  'with headerMode': app('createLatchkey, headerMode', 'globalThis.app = createLatchkey({ mode: headerMode() });'),
  'hook with core': `import { useSessionManagement } from './src/index.ts'; globalThis.app = useSessionManagement;`,
  'hook and account page': `import { SessionMonitoring, useSessionManagement } from './src/index.ts'; globalThis.app = [SessionMonitoring, useSessionManagement];`,
  console: `import { SecurityConsole } from './src/console.ts'; globalThis.app = SecurityConsole;`,
};

/** React is not counted, because the app has it anyway. */
const REACT = /^react($|\/)/;

async function bundled(code) {
  const entry = { name: 'entry', resolveId: (id) => (id.endsWith('/entry') ? `${process.cwd()}/entry.js` : null), load: (id) => (id.endsWith('/entry.js') ? code : null) };
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [entry],
    define: { 'process.env.NODE_ENV': '"production"' },
    // Built as a library, without vite's loader for dynamic imports, which an app has only once.
    build: { write: false, minify: false, lib: { entry: 'entry', formats: ['es'] }, target: 'es2022', rolldownOptions: { external: REACT } },
  });
  const chunks = new Map([result].flat()[0].output.flatMap((chunk) => (chunk.type === 'chunk' ? [[chunk.fileName, chunk]] : [])));
  const first = new Set([...chunks.values()].filter(({ isEntry }) => isEntry));
  // The set grows during the loop: it collects the imports of the entry, and their imports.
  for (const { imports } of first) for (const name of imports) if (chunks.has(name)) first.add(chunks.get(name));
  // A reader loads the texts of one language.
  const onDemand = [...chunks.values()].filter((chunk) => !first.has(chunk) && !/\/texts\/(?!en\.)\w+\.ts$/.test(chunk.facadeModuleId));
  return { first: textOf([...first]), onDemand: textOf(onDemand) };
}

/** Removes what vite keeps in libraries, for example white space. */
const textOf = (chunks) => chunks.map(({ fileName, code }) => minifySync(fileName, code, { module: true }).code).join('\n');

const gzipped = (text) => gzipSync(text, { level: 9 }).length;
const sizes = {
  styles: gzipped(readFileSync('styles/styles.css', 'utf8')),
  'console styles': gzipped(readFileSync('styles/console.css', 'utf8')),
};
for (const [name, code] of Object.entries(APPS)) {
  const { first, onDemand } = await bundled(code);
  sizes[name] = gzipped(first);
  if (onDemand !== '') sizes[`${name}, on demand`] = gzipped(onDemand);
}
for (const [name, size] of Object.entries(sizes)) {
  const budget = BUDGETS[name];
  const more = name.startsWith('with ') ? `, ${size - sizes.core} more than core` : '';
  console.log(`${name}: ${size}${budget ? ` of ${budget}` : ''} bytes gzip${more}`);
  if (size > budget) process.exitCode = 1;
}
