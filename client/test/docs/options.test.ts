/** docs/client.md lists every option of `createLatchkey`, with its type and its default. */

import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Option {
  readonly name: string;
  readonly type: string;
  /** The default that the comment of the option names as a value; `undefined` for a default in words, or none. */
  readonly byDefault: string | undefined;
}

function declared(): Option[] {
  const source = ts.createSourceFile('types.ts', read('src/core/types.ts'), ts.ScriptTarget.Latest, true);
  const options = source.statements.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === 'LatchkeyOptions');
  return [...(options?.members ?? [])].filter(ts.isPropertySignature).map((member) => ({
    name: member.name.getText(source),
    type: member.type?.getText(source) ?? '',
    byDefault: /Default `?([\w/]+)/.exec(ts.getTextOfJSDocComment(ts.getJSDocCommentsAndTags(member)[0]?.comment) ?? '')?.[1],
  }));
}

/** The value in backticks of a cell. */
const code = (cell: string | undefined): string | undefined => /^ `([^`]+)` $/.exec(cell ?? '')?.[1];

function documented(): Option[] {
  const table = read('../docs/client.md').split('\n\n').find((part) => part.startsWith('| option | type | default |')) ?? '';
  return table.split('\n').slice(2).map((row) => {
    const [, name, type, byDefault] = row.split('|');
    return { name: code(name) ?? '', type: code(type) ?? '', byDefault: code(byDefault) };
  });
}

test('the table of options has every option with its type and default', () => {
  expect(declared().length).toBeGreaterThan(5);
  expect(documented()).toEqual(declared());
});
