// An hour later: on the server, and on the page.

const LATER = 3_700_000;

/** Every access token on the server is over. */
export const expire = ({ post }) => post('/dev/clock', { advance_seconds: LATER / 1_000 });

/** The page's clock, which is not looked at yet. */
export const jump = (page, milliseconds = LATER) =>
  page.evaluate((milliseconds) => {
    const now = Date.now;
    Date.now = () => now() + milliseconds;
  }, milliseconds);

/** Somebody looks at the page again. */
export const look = (page) => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
