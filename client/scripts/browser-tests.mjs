// Runs the tests in the browsers. A file with a failure is run once more, with no other file beside it, because three browsers on two
// cores can delay a test past its time limit. A file that passes then is listed at the end: its test depends on time, and needs a mend.
import { readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec, tap } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** As many files at a time as a machine with two cores can run. */
const AT_ONCE = 3;

/** A file that hangs fails after ten minutes, so that the run ends and names it. */
const TIMEOUT_MS = 600_000;

/** Runs the files, prints what happens, and returns the files in which something failed. */
async function failedOf(files, concurrency) {
  const failed = new Set();
  const events = run({ files, concurrency, timeout: TIMEOUT_MS });
  events.on('test:fail', ({ file, name }) => failed.add(relative('.', file ?? name)));
  for await (const text of events.compose(process.stdout.isTTY ? new spec() : tap)) process.stdout.write(text);
  return [...failed];
}

const all = readdirSync('browser').filter((name) => name.endsWith('.test.mjs')).map((name) => `browser/${name}`);
const once = await failedOf(all, AT_ONCE);
if (once.length > 0) {
  console.log(`\nFailed, and run once more: ${once.join(', ')}\n`);
  const twice = await failedOf(once, 1);
  const late = once.filter((file) => !twice.includes(file));
  if (late.length > 0) console.log(`\nPassed only when run again, so that a test in them depends on time: ${late.join(', ')}`);
  if (twice.length > 0) console.log(`\nFailed twice: ${twice.join(', ')}`);
  process.exitCode = twice.length > 0 ? 1 : 0;
}
