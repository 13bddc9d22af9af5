// Builds the gallery of the page's states and serves it on a free port of this machine.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const namesIn = (file, state) => [...readFileSync(here(`../../gallery/${file}`), 'utf8').matchAll(state)].map(([, name]) => name);

/** The names of all states. */
export const stateNames = () => [
  ...namesIn('states.ts', /^ {2}'?([\w-]+)'?: (?:\{ state|ended\()/gm),
  ...namesIn('console-states.ts', /^ {2}'([\w-]+)': shown\(/gm),
];

/** `head` is put into the page, for example the styles of an app. */
export async function startGallery(head = '') {
  const outDir = mkdtempSync(join(tmpdir(), 'latchkey-gallery-'));
  await build({
    root: here('../../gallery/'),
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { outDir, emptyOutDir: true, target: 'es2022', modulePreload: false },
  });
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    try {
      const file = readFileSync(join(outDir, name));
      const body = name === 'index.html' ? file.toString().replace('</title>', `</title>${head}`) : file;
      response.setHeader('content-type', TYPES[extname(name)] ?? 'text/plain').end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.close();
    rmSync(outDir, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, stop };
}
