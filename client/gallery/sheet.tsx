/** One state in several widths and themes, each in a frame of its own, so that one look shows all of them. */

import { type ReactElement, useState } from 'react';

const FRAMES = [
  { width: 900, theme: 'light' },
  { width: 320, theme: 'light' },
  { width: 320, theme: 'dark' },
];

export function Sheet({ state }: { readonly state: string }): ReactElement {
  return (
    <div className="sheet">
      {FRAMES.map(({ width, theme }) => (
        <Frame key={`${width} ${theme}`} address={`?state=${state}&theme=${theme}`} width={width} />
      ))}
    </div>
  );
}

/** A frame that is as high as its page. */
function Frame({ address, width }: { readonly address: string; readonly width: number }): ReactElement {
  const [height, setHeight] = useState(600);
  const follow = (frame: HTMLIFrameElement): void => {
    const root = frame.contentDocument?.getElementById('page');
    if (root) new ResizeObserver(() => setHeight(Math.ceil(root.getBoundingClientRect().bottom))).observe(root);
  };
  return <iframe title={`${address}, ${width} px`} src={address} width={width} height={height} onLoad={(event) => follow(event.currentTarget)} />;
}
