/** The part of jsdom that the suites use; jsdom has no types of its own. */
declare module 'jsdom' {
  interface Options {
    readonly url: string;
    readonly runScripts: 'outside-only';
    readonly pretendToBeVisual: boolean;
  }
  export class JSDOM {
    constructor(html: string, options: Options);
    readonly window: Window & typeof globalThis;
  }
}
