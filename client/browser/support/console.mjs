// Steps of an administrator on the page /console of the local server.
import { newUser } from './user.mjs';

/** Signs in with the form of the page, as the local identity provider grants the scope to any name. */
export async function signInAsAdministrator(page, name = 'root') {
  await page.getByLabel('Administrator’s name').fill(name);
  await page.getByRole('button', { name: 'Sign in as administrator' }).click();
  await page.getByRole('navigation', { name: 'Pages of the console' }).waitFor();
}

/** Eighteen sign-ins, twelve of them from one network, and a stolen token. */
export async function playAttack(page) {
  await page.getByRole('button', { name: 'Play an attack' }).click();
  await page.getByText(/^Done: twelve users/).waitFor({ timeout: 60_000 });
}

/** Opens /console in a browser of its own, at the page that `hash` names. */
export async function openConsole(t, server, hash = '') {
  const { context } = await newUser(server, { locale: 'en-GB', acceptDownloads: true });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(`${server.url}/console${hash}`);
  await page.getByRole('button', { name: 'Sign in as administrator' }).waitFor();
  return page;
}

/** Until a preview lists the sign-ins so far: it leaves out those of the last seconds. The server's clock goes on instead of the test waiting. */
export const untilListed = (server) => server.post('/dev/clock', { advance_seconds: 6 });

/** Signs in from an address; the response has the tokens. */
export const signInFrom = (server, name, address) => server.login(name, { 'x-dev-source-ip': address });
