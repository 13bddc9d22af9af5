import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: { '@latchkey/react/server': fileURLToPath(new URL('src/server/index.ts', import.meta.url)) },
  },
  test: { include: ['test/**/*.test.{ts,tsx}'] },
});
