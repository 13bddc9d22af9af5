// The core of our client as one script, for pages whose other requests would hide what the client does.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A script that makes `createLatchkey` and the rest of the core the global `latchkeyCore`. */
export async function clientScript() {
  const lib = { entry: 'src/core/index.ts', formats: ['iife'], name: 'latchkeyCore' };
  const [{ output }] = await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: { write: false, target: 'es2022', lib },
  });
  return output[0].code;
}
