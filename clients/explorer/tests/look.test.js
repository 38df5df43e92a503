// How the tasks look in two widths, light and dark; axe finds nothing; the keyboard alone suffices.

import axe from 'axe-core';
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { WIDTHS, address, goBackTo, openPage, settled } from '../browser.js';
import { openStage } from '../stage.js';
import { bars, codeName, mistake, pasted, taken, walk } from '../tasks.js';

const SHOTS = new URL('../shots/', import.meta.url).pathname;
let service;
let browser;
let close;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  ({ service, browser, close } = await openStage());
});
after(() => close?.());

const TASKS = {
  home: async (page) => page.locator('#home [data-size="User"]:not(:empty)').waitFor(),
  '1-bars': async (page, options) => {
    await bars(page, options);
    await page.evaluate(() => document.activeElement.blur());
  },
  '2-code-name': async (page, options) => {
    await codeName(page, options);
    await page.locator('[data-part=filter] .chip-text').click();
  },
  '3-pasted': pasted,
  '4-mistake': mistake,
  '5-walk': (page, options) => walk(page, { ...options, rows: 10_000 }),
  '6-taken': taken,
  row: async (page, { narrow }) => {
    if (narrow) await page.click('#menu');
    await page.locator('#collections').getByRole('button', { name: /^Conversation/ }).click();
    await settled(page);
    await page.locator('#grid-body [data-row="2"]').click();
  },
  question: async (page, { narrow }) => {
    if (narrow) await page.click('#menu');
    await page.locator('#questions').getByRole('button', { name: /^First/ }).click();
    await settled(page);
  },
};

/** What axe finds wrong. */
async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  return found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`);
}

for (const [width, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`${width}, ${colorScheme}`, async (all) => {
      const { page, complaints, context } = await openPage(browser, service.link, { viewport, colorScheme });
      for (const [name, task] of Object.entries(TASKS)) {
        await all.test(name, async () => {
          // Each begins with a new document.
          await page.goto('about:blank');
          complaints.length = 0;
          await page.goto(service.link);
          await page.locator('#home .card').first().waitFor();
          await task(page, { narrow: width === 'narrow' });
          await page.mouse.move(0, 0);
          await page.screenshot({ path: `${SHOTS}${name}-${width}-${colorScheme}.png` });
          // Chromium itself reports every answer that is an error.
          assert.deepEqual(complaints.filter((it) => name !== '4-mistake' || !it.includes('400 (Bad Request)')), []);
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(wider <= 0, `${wider} pixels wider than its window`);
          assert.deepEqual(await violations(page), []);
        });
      }
      await context.close();
    });
  }
}

test('the keyboard alone suffices', async () => {
  const { page, complaints, context } = await openPage(browser, service.link);
  await page.locator('#home .card').first().waitFor();
  const focus = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute('aria-label') || document.activeElement?.textContent || document.activeElement?.tagName);
  const tabTo = async (wanted, key = 'Tab') => {
    for (let n = 0; n < 120; n++) {
      await page.keyboard.press(key);
      if (wanted.test(await focus())) return;
    }
    assert.fail(`the key ${key} never reaches ${wanted}`);
  };
  await tabTo(/^Conversation[\d>]/);
  await page.keyboard.press('Enter');
  await settled(page);
  // A group: found by typing, ticked by Space; the popover gives the focus back.
  await page.keyboard.press('g');
  await page.keyboard.type('inbox/name');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await settled(page);
  await page.keyboard.press('Escape');
  assert.match(await focus(), /Group/);
  assert.match(await address(page), /groupby\(\(inbox\/name\)/);
  await tabTo(/^Remove inbox/);
  // The chart is read by its arrow keys.
  for (let n = 0; n < 40 && !(await page.evaluate(() => document.activeElement.classList.contains('plot-box'))); n++) await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.locator('.tip.on').innerText(), /\d/);
  // Rows: walked, opened, left again.
  await page.keyboard.press('/');
  assert.equal(await focus(), 'address');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('Label?$orderby=title');
  await page.keyboard.press('Enter');
  await settled(page);
  await tabTo(/^grid$/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.match(await page.locator('#detail h2').innerText(), /^Label \d+/);
  await page.keyboard.press('Escape');
  assert.equal(await focus(), 'grid');
  assert.equal(await page.getAttribute('#grid-body [data-row="1"]', 'aria-selected'), 'true');
  // A header's menu sorts.
  await tabTo(/^title↑/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Sort down' }).focus();
  await page.keyboard.press('Enter');
  await settled(page);
  assert.match(await address(page), /\$orderby=title desc/);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('going back goes back, and times are shown in two ways', async () => {
  const { page, complaints, context } = await openPage(browser, service.link, { timezoneId: 'Asia/Tokyo' });
  await page.locator('#home .card').first().waitFor();
  await page.locator('#collections').getByRole('button', { name: /^Conversation/ }).click();
  await settled(page);
  const cell = page.locator('#grid-body [data-row="0"] [role=gridcell]').nth(5);
  const utc = await cell.innerText();
  await page.click('#zone');
  const local = await cell.innerText();
  assert.equal(Date.parse(`${local.replace(' ', 'T')}Z`) - Date.parse(`${utc.replace(' ', 'T')}Z`), 9 * 3_600_000);
  await page.locator('#collections').getByRole('button', { name: /^Inbox/ }).click();
  await settled(page);
  await goBackTo(page, 'Conversation');
  await goBackTo(page, '');
  await page.locator('#home .card').first().waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
