// How heavy is the core? Bundled, minified, gzipped; fails when it is over its budget.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** Bytes: what the whole of the rules takes, and 3 % more. */
const BUDGET = 6_490;

const entry = fileURLToPath(new URL('../src/core/index.ts', import.meta.url));
const result = await build({
  configFile: false,
  logLevel: 'error',
  // Not as a library: vite leaves the white space in those.
  build: { write: false, minify: true, target: 'es2022', modulePreload: false, rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' } },
});
const code = [result].flat()[0].output[0].code;
const size = gzipSync(code, { level: 9 }).length;
console.log(`core: ${size} of ${BUDGET} bytes gzip, ${code.length} minified`);
if (size > BUDGET) process.exit(1);
