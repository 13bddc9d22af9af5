/** The sign-ins from a network, page by page. */

import type { Fleet, SignInPage } from '../../../core/fleet/fleet-types.js';

/** Pages may be empty although more follow. This many are read for one click. */
const MAX_PAGES = 10;
/** Enough to fill a screen. */
const ENOUGH = 25;

/** The list with an older page behind it. The page is dropped if the list was loaded again since and ends at another cursor. */
export function appendSignIns(before: SignInPage | null, cursor: string, page: SignInPage): SignInPage {
  if (before === null) return page;
  return before.next === cursor ? { ...page, signIns: [...before.signIns, ...page.signIns] } : before;
}

/** The sign-ins at the cursor, or the newest ones: enough for a screen, or all that are left. */
export async function readSignIns(fleet: Pick<Fleet, 'signIns'>, network: string, start: string | undefined): Promise<SignInPage> {
  let page = await fleet.signIns(network, { cursor: start });
  const signIns = [...page.signIns];
  for (let pages = 1; page.next !== null && signIns.length < ENOUGH && pages < MAX_PAGES; pages++) {
    page = await fleet.signIns(network, { cursor: page.next });
    signIns.push(...page.signIns);
  }
  return { ...page, signIns };
}
