/** The TypeScript blocks of the documentation. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

export interface Block {
  /** Its name on the page, from a first line such as `// lib/guard.ts`, or a number. */
  readonly name: string;
  readonly kind: 'ts' | 'tsx';
  readonly code: string;
}

/** The blocks of a page, in order. */
export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(ROOT + page, 'utf8');
  const found = [...text.matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)];
  return found.map(([, kind, code = ''], index) => {
    const [, name = `block-${index + 1}.${kind}`] = /^\/\/ (\S+\.tsx?)\n/.exec(code) ?? [];
    return { name, kind: kind as Block['kind'], code };
  });
}

/** The one block of a page that contains `text`. */
export function blockWith(page: string, text: string): Block {
  const [block, ...others] = blocksOf(page).filter(({ code }) => code.includes(text));
  if (!block || others.length > 0) throw new Error(`${page}: expected one block with "${text}"`);
  return block;
}
