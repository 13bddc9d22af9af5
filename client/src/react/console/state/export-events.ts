/** Reads the events that match a query as one file, page by page. */

import type { ExportFormat, Fleet, FleetEventQuery } from '../../../core/fleet/fleet-types.js';
import { isoTime } from './console-view.js';

/** The largest page of the API. */
const PAGE = 500;
/** The file is built in memory. */
const MAX_EVENTS = 10_000;
/** Pages may be empty, so their number has a limit of its own. */
const MAX_PAGES = 200;

export interface ExportedFile {
  readonly name: string;
  readonly blob: Blob;
  readonly count: number;
  /** Older events match, too, and are not in the file. */
  readonly isCut: boolean;
}

const TYPES: Record<ExportFormat, string> = { csv: 'text/csv', ndjson: 'application/x-ndjson' };

/** `onProgress` gets the number of events so far. Rejects with a `LatchkeyError`, and with the signal's reason after an abort. */
export async function exportEvents(
  fleet: Pick<Fleet, 'exportEvents'>,
  format: ExportFormat,
  query: FleetEventQuery,
  onProgress: (count: number) => void,
  signal: AbortSignal,
  now: number,
): Promise<ExportedFile> {
  const parts: string[] = [];
  let count = 0;
  let cursor: string | undefined;
  // Without an end, events that arrive meanwhile would move the pages.
  const fixed = { ...query, to: query.to ?? isoTime(now) };
  for (let pages = 1; ; pages++) {
    const { text, next } = await fleet.exportEvents(format, { ...fixed, limit: PAGE, cursor });
    signal.throwIfAborted();
    const rows = format === 'csv' ? withoutHeader(text) : text;
    parts.push(pages === 1 ? text : rows);
    count += format === 'csv' ? countCsvRows(rows) : countLines(rows);
    onProgress(count);
    const isCut = next !== null && (count >= MAX_EVENTS || pages === MAX_PAGES);
    if (next === null || isCut) {
      const name = `latchkey-events-${new Date(now).toISOString().slice(0, 10)}.${format}`;
      return { name, blob: new Blob(parts, { type: TYPES[format] }), count, isCut };
    }
    cursor = next;
  }
}

/** The first line names the columns, and no column name contains a line break. */
function withoutHeader(text: string): string {
  const end = text.indexOf('\n');
  return end === -1 ? '' : text.slice(end + 1);
}

function countLines(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length;
}

/** A line break inside of quotes belongs to a cell. */
function countCsvRows(text: string): number {
  return countLines(text.replaceAll(/"(?:[^"]|"")*"/g, 'cell'));
}
