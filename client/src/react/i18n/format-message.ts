/** Formats texts in the message format of ICU: `{name}`, `{count, plural, one {…} other {…}}` and `{x, select, …}`. */

import { formatter } from './format-time.js';

/** A value that a text names; `null` if it is not known. */
export type Fact = string | number | null;
export type Facts = Readonly<Record<string, Fact>>;

type Part = string | Argument;

interface Argument {
  readonly name: string;
  readonly kind: 'value' | 'plural' | 'select';
  /** A map, because a value could be the name of a property that every object has. */
  readonly cases: ReadonlyMap<string, readonly Part[]>;
}

/** The number of the plural around it. */
const NUMBER_SIGN: Argument = { name: '#', kind: 'value', cases: new Map() };

/**
 * The text with the facts in it. In `select` a fact that is not known is the case `none`. Facts are inserted as they are,
 * so that braces in them have no effect. A malformed text is returned as it is, because the page must not be blank.
 */
export function formatMessage(message: string, facts: Facts, locale: string | undefined): string {
  try {
    return write(parsed(message), facts, locale);
  } catch {
    return message;
  }
}

const known = new Map<string, readonly Part[]>();

function parsed(message: string): readonly Part[] {
  const parts = known.get(message) ?? parse(message);
  known.set(message, parts);
  return parts;
}

function parse(message: string): readonly Part[] {
  let at = 0;
  const read = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(message);
    if (match === null) return null;
    at = pattern.lastIndex;
    return match[1] ?? match[0];
  };
  const expect = (pattern: RegExp): string => {
    const text = read(pattern);
    if (text === null) throw new SyntaxError(`${message} has an error at character ${at}`);
    return text;
  };
  const parts = (): readonly Part[] => {
    const found: Part[] = [];
    for (;;) {
      const text = read(/[^{}#]+/y);
      if (text !== null) found.push(text);
      else if (read(/#/y) !== null) found.push(NUMBER_SIGN);
      else if (read(/\{/y) !== null) found.push(argument());
      else return found;
    }
  };
  const argument = (): Argument => {
    const name = expect(/\s*(\w+)\s*/y);
    const kind = (read(/,\s*(plural|select)\s*,/y) ?? 'value') as Argument['kind'];
    const cases = new Map<string, readonly Part[]>();
    for (let label = caseLabel(kind); label !== null; label = caseLabel(kind)) {
      cases.set(label, parts());
      expect(/\}\s*/y);
    }
    if (kind !== 'value' && !cases.has('other')) throw new SyntaxError(`${message} has no case "other" for ${name}`);
    expect(/\}/y);
    return { name, kind, cases };
  };
  const caseLabel = (kind: Argument['kind']): string | null => (kind === 'value' ? null : read(/\s*(=?\w+)\s*\{/y));
  const all = parts();
  if (at < message.length) throw new SyntaxError(`${message} has an error at character ${at}`);
  return all;
}

function write(parts: readonly Part[], facts: Facts, locale: string | undefined): string {
  return parts.map((part) => (typeof part === 'string' ? part : writeArgument(part, facts, locale))).join('');
}

function writeArgument({ name, kind, cases }: Argument, facts: Facts, locale: string | undefined): string {
  const value = facts[name] ?? null;
  const chosen = (label: string, inside = facts): string => write(cases.get(label) ?? cases.get('other') ?? [], inside, locale);
  if (kind === 'value') return value === null && name === '#' ? '#' : shown(value, locale);
  if (kind === 'select') return chosen(value === null ? 'none' : value === 'none' ? 'other' : String(value));
  const count = Number(value);
  const label = cases.has(`=${count}`) ? `=${count}` : formatter(Intl.PluralRules, locale, {}).select(count);
  return chosen(label, { ...facts, '#': count });
}

function shown(value: Fact, locale: string | undefined): string {
  return typeof value === 'number' ? formatter(Intl.NumberFormat, locale, {}).format(value) : (value ?? '');
}
