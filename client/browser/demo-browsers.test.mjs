// The story of the demo in Firefox and WebKit. demo-story.test.mjs has it in Chromium, with more checks.
import { after, before, describe, test } from 'node:test';
import { findBrowser } from './support/browsers.mjs';
import { startLocalServer } from './support/local-server.mjs';
import { click, save, see, signIn } from './support/steps.mjs';

for (const name of ['firefox', 'webkit']) {
  const { launch, missing } = findBrowser(name);

  describe(name, { skip: missing }, () => {
    let server, browser;
    before(async () => {
      server = await startLocalServer();
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      server?.stop();
    });

    test('the demo shows with four clicks how a theft is noticed', { timeout: 120_000 }, async () => {
      const tab = await (await browser.newUser()).newTab();
      await tab.resize(1_280, 900);
      await tab.visit(server.url);
      await signIn(tab, 'ned');
      await click(tab, 'Open a second browser');
      await see(tab, 'Safari 18 on iPhone');
      await click(tab, 'Steal a token');
      await see(tab, 'Latchkey noticed that one token was used in two places');
      await see(tab, 'We signed you out to protect your account');
      await see(tab, 'last by curl at 203.0.113.66');
      await save(tab, `demo-${name}`);
      await click(tab, 'Sign in there again');
      await see(tab, 'Each browser now lists the other one.');
      await click(tab, 'End all sessions');
      await see(tab, 'Every browser is signed out');
      await see(tab, 'You were signed out from another device.');
    });
  });
}
