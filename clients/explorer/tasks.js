// The six tasks as a person does them. Each leads a page to its end; the numbers are checked elsewhere.

import { address, settled } from './browser.js';

const collections = async (page, narrow) => {
  if (narrow) await page.click('#menu');
};

/** Counts the clicks of what a person does. */
function counting(page) {
  let clicks = 0;
  return {
    get clicks() {
      return clicks;
    },
    async click(where) {
      clicks++;
      await where.click();
    },
    page,
  };
}

/** From the link to bars of conversations per inbox and month. */
export async function bars(page, { narrow = false } = {}) {
  const hand = counting(page);
  await page.locator('#home .card').first().waitFor();
  await hand.click(page.locator('#home').getByRole('button', { name: /^Conversation [\d>A]/ }));
  await settled(page);
  await hand.click(page.getByRole('button', { name: 'Group', exact: true }));
  await hand.click(page.getByRole('checkbox', { name: /^.?\s*inbox\/name/ }));
  await hand.click(page.getByRole('button', { name: 'created_at month', exact: true }).first());
  await settled(page);
  await page.keyboard.press('Escape');
  await page.locator('#chart svg').waitFor();
  return { clicks: hand.clicks, narrow };
}

/** Filters by a code name. */
export async function codeName(page, { narrow = false } = {}) {
  await collections(page, narrow);
  await page.locator('#collections').getByRole('button', { name: /^Conversation/ }).click();
  await settled(page);
  const before = await address(page);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^status/ }).click();
  await page.getByRole('button', { name: /^open/ }).last().click();
  await settled(page);
  await page.keyboard.press('Escape');
  return { before, after: await address(page) };
}

export const DOCUMENTED = "https://odata-liveagent-trial.cognigy.ai/v1.0/odata/Conversation?$select=id,account_id&$filter=created_at le '2024-09-01T00:00:00'&apikey=<access-token>";

/** Pastes a URL of the published document. */
export async function pasted(page, { url = DOCUMENTED } = {}) {
  await page.evaluate((text) => navigator.clipboard.writeText(text), url);
  await page.click('#address');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('ControlOrMeta+v');
  await settled(page);
}

/** Types something wrong. */
export async function mistake(page) {
  await page.click('#address');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type("Conversation?$filter=status eq 0 and contains(inbox/nam,'Größe')");
  await page.keyboard.press('Enter');
  await page.locator('#problem strong').waitFor();
}

/** Walks through all rows of a collection. `each` hears of the page after every step. */
export async function walk(page, { narrow = false, each = async () => {}, rows = Infinity } = {}) {
  await collections(page, narrow);
  await page.locator('#collections').getByRole('button', { name: /^Message/ }).click();
  await settled(page);
  await page.focus('#grid');
  for (let last = -1; ;) {
    await page.keyboard.press('End');
    await settled(page);
    const count = Number(await page.getAttribute('#grid', 'aria-rowcount')) - 1;
    await each(count);
    if (count === last || count >= rows) return count;
    last = count;
  }
}

/** Copies Power Query M, and downloads CSV. */
export async function taken(page, { narrow = false } = {}) {
  await collections(page, narrow);
  await page.locator('#collections').getByRole('button', { name: /^Conversation/ }).click();
  await settled(page);
  await collections(page, narrow);
  await page.locator('#model').getByRole('button', { name: 'Filter status is pending' }).click();
  await settled(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv')]);
  await page.click('#share');
  await page.getByRole('button', { name: 'Power Query M', exact: true }).click();
  await page.getByRole('button', { name: 'Copy Power Query M' }).click();
  const m = await page.evaluate(() => navigator.clipboard.readText());
  return { download, m };
}
