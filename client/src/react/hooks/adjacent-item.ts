/** Finds the list item that takes the place of a removed one. */

/** The next remaining item, or else the previous one; `null` if none is left. */
export function adjacentItem(removed: string, before: readonly string[], remaining: readonly string[]): string | null {
  const index = before.indexOf(removed);
  const isLeft = (id: string): boolean => remaining.includes(id);
  return before.slice(index + 1).find(isLeft) ?? before.slice(0, Math.max(0, index)).findLast(isLeft) ?? null;
}
