// A browser, and pages whose every complaint is kept.

import { chromium } from 'playwright-core';

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Debian's sandbox is not for root.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});

export const WIDTHS = { wide: { width: 1280, height: 800 }, narrow: { width: 420, height: 800 } };

/**
 * A page of its own: `complaints` has every console error, every failed script, every request to
 * somewhere else and every breach of the policy.
 */
export async function openPage(browser, url, { viewport = WIDTHS.wide, colorScheme = 'light', timezoneId = 'UTC' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, timezoneId, acceptDownloads: true, reducedMotion: 'reduce' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  const { origin } = new URL(url);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    requests.push(request);
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('blob:')) complaints.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(url);
  return { page, context, complaints, requests };
}

/** Waits until nothing is being read: what a click asks for is being read when the click is done. */
export const settled = (page) =>
  page.waitForFunction(() => document.getElementById('results')?.getAttribute('aria-busy') === 'false');

export const address = (page) => page.inputValue('#address');

/** Goes back, and waits until the page is there. */
export async function goBackTo(page, url) {
  await page.goBack();
  await page.waitForFunction((text) => document.getElementById('address').value === text, url);
  await settled(page);
}
