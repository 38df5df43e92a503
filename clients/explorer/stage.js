// What a file of tests needs: the demo, a browser, and a page that comes up at all.

import assert from 'node:assert/strict';
import { launch, openPage } from './browser.js';
import { startService } from './service.js';

export async function openStage() {
  const [service, browser] = await Promise.all([startService(), launch()]);
  const close = async () => {
    await browser.close();
    await service.stop();
  };
  const { page, complaints, context } = await openPage(browser, service.link);
  try {
    await page.locator('#home .card').first().waitFor();
    assert.deepEqual(complaints, []);
  } catch (error) {
    await close();
    throw new Error(`the page does not come up: ${complaints.join('; ')}`, { cause: error });
  }
  await context.close();
  return { service, browser, close };
}
