// Runs the tests in the browsers. A file with a failure is run once more, with no other file beside it, because three browsers on two
// cores can delay a test past its time limit. A file that passes then is listed at the end: its test depends on time, and needs a mend.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { run } from 'node:test';
import { spec, tap } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** As many files at a time as a machine with two cores can run. */
const AT_ONCE = 3;

/** A file that hangs fails after ten minutes, so that the run ends and names it. */
const TIMEOUT_MS = 600_000;

/** Runs the files, prints what happens, and returns those in which something failed, or may have failed. */
async function failedOf(files, concurrency) {
  const failed = new Set();
  const events = run({ files, concurrency, timeout: TIMEOUT_MS });
  events.on('test:fail', ({ file, name }) => filesWith(relative('.', file ?? name), files).forEach((one) => failed.add(one)));
  for await (const text of events.compose(process.stdout.isTTY ? new spec() : tap)) process.stdout.write(text);
  return [...failed];
}

/** The test files with the tests of `place`, the file in which a test is written: itself, or those that import it. */
function filesWith(place, files) {
  if (files.includes(place)) return [place];
  const importing = files.filter((file) => readFileSync(file, 'utf8').includes(basename(place)));
  return importing.length > 0 ? importing : files;
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
