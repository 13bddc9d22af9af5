/** Which files import each other? Reads the import lines, those of types included, and finds circles and upward arrows. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';

/** For each file, the files that it imports; paths are relative to the source folder. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The graph of a folder of TypeScript files. */
export function readImports(folder: string): ImportGraph {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return new Map(paths.map((path) => [path, importsOf(path, readFileSync(join(folder, path), 'utf8'), paths)]));
}

/** The files of `paths` that a source imports, exports from, or loads on demand. */
export function importsOf(path: string, source: string, paths: readonly string[]): readonly string[] {
  const specifiers = [...source.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'(\.{1,2}\/[^']+)'/gm)].map(([, specifier = '']) => specifier);
  return specifiers.map((specifier) => {
    const target = posix.join(dirname(path), specifier).replace(/\.js$/, '');
    const file = paths.find((each) => each === `${target}.ts` || each === `${target}.tsx`);
    if (file === undefined) throw new Error(`${path} imports ${specifier}, which is no file of the source folder`);
    return file;
  });
}

/** Every circle once, as the path around it: `a.ts -> b.ts -> a.ts`. */
export function findCircles(graph: ImportGraph): readonly string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file].join(' -> '));
    if (start >= 0 || done.has(file)) return;
    for (const imported of graph.get(file) ?? []) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

/**
 * Every import from a lower layer to a higher one. `layers` lists files and folders from the lowest to the highest; a
 * file belongs to the longest entry that fits.
 */
export function findUpwardImports(graph: ImportGraph, layers: readonly string[]): readonly string[] {
  const layerOf = (file: string): string => {
    const fitting = layers.filter((layer) => file === layer || file.startsWith(`${layer}/`));
    const [longest] = fitting.sort((one, other) => other.length - one.length);
    if (longest === undefined) throw new Error(`${file} belongs to no layer: add its folder to the list of layers`);
    return longest;
  };
  return [...graph].flatMap(([file, imports]) =>
    imports
      .filter((imported) => layers.indexOf(layerOf(imported)) > layers.indexOf(layerOf(file)))
      .map((imported) => `${file} (${layerOf(file)}) imports ${imported} (${layerOf(imported)}), a higher layer`),
  );
}
