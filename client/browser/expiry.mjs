// Later, on the server and on the page; an access token lasts an hour.

/** Every access token is over. */
const LATER = 3_700_000;
/** Every access token is so old that it is refreshed, and still good. */
export const OLD = 3_400_000;

export const expire = ({ post }, milliseconds = LATER) => post('/dev/clock', { advance_seconds: milliseconds / 1_000 });

/** The page's clock, which is not looked at yet. */
export const jump = (page, milliseconds = LATER) =>
  page.evaluate((milliseconds) => {
    const now = Date.now;
    Date.now = () => now() + milliseconds;
  }, milliseconds);

/** Somebody looks at the page again. */
export const look = (page) => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
