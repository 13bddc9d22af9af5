// Builds the demo page and the security console as static files, which latchkey-local serves at `/` and `/console`.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await build({
  configFile: false,
  logLevel: 'error',
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: 'demo/dist',
    target: 'es2022',
    modulePreload: false,
    rolldownOptions: {
      input: { demo: 'demo/demo.tsx', console: 'demo/console.tsx' },
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
});
const files = {
  'demo/index.html': 'index.html',
  'demo/console.html': 'console.html',
  'demo/demo.css': 'demo.css',
  'styles/styles.css': 'styles.css',
  'styles/console.css': 'console.css',
};
for (const [from, to] of Object.entries(files)) copyFileSync(from, `demo/dist/${to}`);
