/** The texts of every language: complete, well-formed, with the same facts, and in the message format of ICU. */

import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import { formatMessage } from '../../src/react/i18n/format-message.js';

const PAGES = ['../../texts/', '../../texts/console/'].map((path) => new URL(path, import.meta.url));
const languagesIn = (folder: URL) => readdirSync(folder).flatMap((name) => (name.endsWith('.json') ? [name.replace('.json', '')] : []));
const textsOf = (folder: URL, language: string) => JSON.parse(readFileSync(new URL(`${language}.json`, folder), 'utf8')) as Record<string, string>;

/** The facts that a text names, each once, without the texts of its cases. */
const factsOf = (text: string): readonly string[] => [...new Set([...text.matchAll(/(?<!\b(?:none|one|other) )\{(\w+)[},]/gu)].map(([, name = '']) => name))].sort();
const format = (text: string, value: string | number | null, language: string) =>
  formatMessage(text, Object.fromEntries(factsOf(text).map((name) => [name, value])), language);

const FILES = PAGES.flatMap((folder) => languagesIn(folder).map((language) => [`${folder.pathname.split('/').at(-2)}/${language}`, folder, language] as const));

describe.each(FILES)('the texts in %s', (_, folder, language) => {
  const texts = textsOf(folder, language);

  test('are the same as the English ones, with the same facts', () => {
    const shapes = (all: Record<string, string>) => Object.fromEntries(Object.entries(all).map(([key, text]) => [key, factsOf(text)]));
    expect(shapes(texts)).toEqual(shapes(textsOf(folder, 'en')));
  });

  test.each(Object.entries(texts))('%s is well-formed with and without its facts', (_, text) => {
    // A number for each fact, because a plural needs one; a malformed text would be returned as it is.
    for (const value of [1, 2, null]) {
      const shown = format(text, value, language);
      expect(shown).not.toMatch(/[{}#]|undefined|NaN|plural|select/u);
      expect(shown.trim()).not.toBe('');
    }
  });
});

test('the console has the languages of the account page, and other names', () => {
  const [account, console] = PAGES as [URL, URL];
  expect(languagesIn(console)).toEqual(languagesIn(account));
  const names = Object.keys(textsOf(account, 'en'));
  expect(Object.keys(textsOf(console, 'en')).filter((name) => names.includes(name))).toEqual([]);
});

test('the modules are generated from the JSON files', () => {
  const script = fileURLToPath(new URL('../../scripts/texts.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

describe('the message format', () => {
  const sessions = '{count, plural, =0 {none} one {# session} other {# sessions}}';
  test.each([
    ['plain', {}, 'plain'],
    ["You're {name}", { name: 'Ada' }, "You're Ada"],
    [sessions, { count: 0 }, 'none'],
    [sessions, { count: 1 }, '1 session'],
    [sessions, { count: 2_000 }, '2,000 sessions'],
    ['{a, select, none {no} yes {y} other {{b}!}}', { a: 'x', b: 'z' }, 'z!'],
    ['{a, select, none {no} other {{a}}}', { a: null }, 'no'],
    ['{a, select, none {no} other {{a}}}', { a: 'none' }, 'none'],
    ['{a, select, none {no} other {{a}}}', { a: 'constructor' }, 'constructor'],
    ['{n, plural, one {#} other {{d, select, none {#} other {# {d}}}}}', { n: 3, d: 'days' }, '3 days'],
    ['issue #1', {}, 'issue #1'],
    ['{name}', { name: '{count, plural, other {#}}' }, '{count, plural, other {#}}'],
    ['{missing}', {}, ''],
  ])('%s', (message, facts, text) => {
    expect(formatMessage(message, facts, 'en')).toBe(text);
  });

  test.each(['{', '{a', '}', 'a}', '{a,}', '{a, plural}', '{a, plural, one {x}}', '{a, select, other {x}', '{a, date, short}'])('the malformed %s is shown as it is', (message) => {
    expect(formatMessage(message, { a: 1 }, 'en')).toBe(message);
  });

  test('plurals are those of the language', () => {
    const hours = '{n, plural, one {# час} few {# часа} other {# часов}}';
    expect([1, 2, 5, 21].map((n) => formatMessage(hours, { n }, 'ru'))).toEqual(['1 час', '2 часа', '5 часов', '21 час']);
  });
});
