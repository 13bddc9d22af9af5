/** Who is next to an item that left? */

/** The row that takes a lost one's place: the next that is left, else the one before; `null` without any. */
export function neighbourOf(lost: string, before: readonly string[], left: readonly string[]): string | null {
  const place = before.indexOf(lost);
  const isLeft = (id: string): boolean => left.includes(id);
  return before.slice(place + 1).find(isLeft) ?? before.slice(0, Math.max(0, place)).findLast(isLeft) ?? null;
}
