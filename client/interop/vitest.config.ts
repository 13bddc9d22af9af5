import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Suites that are too slow for every run: `make interop`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: { include: ['*.test.ts'], testTimeout: 180_000, hookTimeout: 300_000, fileParallelism: false },
});
