import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: { '@latchkey/react/server': fileURLToPath(new URL('src/server/index.ts', import.meta.url)) },
  },
  // axe takes seconds for a whole page on a busy machine.
  test: { include: ['test/**/*.test.{ts,tsx}'], testTimeout: 30_000 },
});
