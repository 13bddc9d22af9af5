// Moves the clocks of the server and of the page. An access token is valid for an hour.

/** Every access token has expired. */
const LATER = 3_700_000;
/** Every access token is due for a refresh but still valid. */
export const ALMOST_EXPIRED = 3_400_000;

export const expire = ({ post }, milliseconds = LATER) => post('/dev/clock', { advance_seconds: milliseconds / 1_000 });

/** Moves the page's clock. The page does not notice before its next look at the clock. */
export const moveClock = (page, milliseconds = LATER) =>
  page.evaluate((milliseconds) => {
    const now = Date.now;
    Date.now = () => now() + milliseconds;
  }, milliseconds);

/** Makes the page check the clock, as when the user returns to the tab. */
export const revisit = (page) => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
