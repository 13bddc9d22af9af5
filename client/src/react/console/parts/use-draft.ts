/** The text of a field: what is typed, until another value is applied. The field stays, so that it keeps the focus. */

import { useState } from 'react';

export function useDraft(saved: string): readonly [string, (text: string) => void] {
  const [draft, setDraft] = useState({ saved, text: saved });
  if (draft.saved !== saved) setDraft({ saved, text: saved });
  return [draft.saved === saved ? draft.text : saved, (text) => setDraft({ saved, text })];
}
