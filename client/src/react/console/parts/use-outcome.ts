/** What the last action of a dialog has done: a message on the page, which is announced once the dialog has closed. */

import { useEffect, useRef, useState } from 'react';

import { useConsole } from '../console-context.js';

/** Milliseconds. An open dialog makes the rest of the page inert, and a screen reader notices the end of that only after a moment. */
const UNTIL_READABLE = 100;

/** The message, and a function that sets it. */
export function useOutcome(): readonly [string | null, (text: string) => void] {
  const { announce } = useConsole();
  const [message, setMessage] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const show = (text: string): void => {
    setMessage(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => announce(text), UNTIL_READABLE);
  };
  return [message, show];
}
