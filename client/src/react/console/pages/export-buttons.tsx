/** Saves the events that match the filters as a file. */

import { type ReactElement, useEffect, useRef, useState } from 'react';

import type { ExportFormat } from '../../../core/fleet/fleet-types.js';
import { useConsole } from '../console-context.js';
import { describeActionError } from '../parts/action-error.js';
import { BusyButton } from '../parts/busy-button.js';
import { type EventFilters, eventQuery } from '../state/console-view.js';
import { exportEvents } from '../state/export-events.js';
import { saveFile } from '../state/save-file.js';

export function ExportButtons({ filters }: { readonly filters: EventFilters }): ReactElement {
  const { i18n, fleet, now, announce } = useConsole();
  const { t } = i18n;
  const [text, setText] = useState<string | null>(null);
  const [running, setRunning] = useState<AbortController | null>(null);
  const latest = useRef<AbortController | null>(null);
  // The file belongs to the page that has been left.
  useEffect(() => () => latest.current?.abort(), []);

  const start = async (format: ExportFormat): Promise<void> => {
    const controller = new AbortController();
    latest.current = controller;
    setRunning(controller);
    let count = 0;
    const show = (message: string | null): void => {
      setText(message);
      if (message !== null) announce(message);
    };
    try {
      const onProgress = (exported: number): void => {
        count = exported;
        if (!controller.signal.aborted) setText(t('export.progress', { count }));
      };
      setText(t('export.progress', { count }));
      const file = await exportEvents(fleet, format, eventQuery(filters, now()), onProgress, controller.signal, now());
      if (file.count > 0) saveFile(file.name, file.blob);
      show(t(file.isCut ? 'export.cut' : 'export.done', { count: file.count }));
    } catch (error) {
      if (controller.signal.aborted) show(null);
      else show(`${t('export.failed', { count })} ${describeActionError(error, i18n).text}`);
    }
    setRunning(null);
  };
  return (
    <div className="latchkey-toolbar" data-latchkey-item="export">
      {(['csv', 'ndjson'] as const).map((format) => (
        <BusyButton key={format} isBusy={running !== null} onClick={() => void start(format)}>
          {t(`export.${format}`)}
        </BusyButton>
      ))}
      {running !== null && (
        <button type="button" onClick={() => running.abort()}>
          {t('cancel')}
        </button>
      )}
      {text !== null && <span className="latchkey-muted">{text}</span>}
    </div>
  );
}
