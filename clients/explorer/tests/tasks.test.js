// The six tasks. Every number is SQL's.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { address, openPage, settled } from '../browser.js';
import { SCOPE } from '../service.js';
import { openStage } from '../stage.js';
import { bars, codeName, mistake, pasted, taken, walk } from '../tasks.js';

let service;
let browser;
let close;
let opened;

before(async () => {
  ({ service, browser, close } = await openStage());
});
after(() => close?.());

async function withPage(options, run) {
  opened = await openPage(browser, service.link, options);
  try {
    await run(opened.page);
    assert.deepEqual(opened.complaints.filter((it) => !options.forgiven?.test(it)), []);
  } finally {
    await opened.context.close();
  }
}

const number = (text) => Number(text.replaceAll(',', ''));
const shown = (page) => page.locator('#status').innerText();

test('1: from the printed link to bars per inbox and month, in at most 6 clicks', () => withPage({}, async (page) => {
  const { clicks } = await bars(page);
  assert.ok(clicks <= 6, `${clicks} clicks`);
  const table = await page.evaluate(() => [...document.querySelectorAll('#numbers tr')].map((row) => [...row.children].map((cell) => cell.textContent)));
  const [[, ...months], ...lines] = table;
  const found = new Map();
  for (const [name, ...values] of lines) values.forEach((value, n) => number(value) && found.set(`${name} ${months[n]}`, number(value)));
  const expected = service.sql(`SELECT coalesce(i.name, '(none)') || ' ' || to_char(c.created_at, 'YYYY-MM'), count(*)
    FROM conversations c LEFT JOIN inboxes i ON i.id = c.inbox_id AND i.account_id = c.account_id WHERE c.${SCOPE} GROUP BY 1`);
  assert.ok(expected.length > 50);
  assert.deepEqual(new Map([...found].sort()), new Map(expected.map(([key, n]) => [key, Number(n)]).sort()));
  const drawn = await page.locator('#chart svg .bar').count();
  assert.ok(drawn >= months.length, `${drawn} bars`);
}));

test('2: a code name filters, and the URL shows it', () => withPage({}, async (page) => {
  const { before, after } = await codeName(page);
  assert.equal(before, 'Conversation');
  assert.equal(after, 'Conversation?$filter=status eq 0');
  const [[expected]] = service.sql(`SELECT count(*) FROM conversations WHERE ${SCOPE} AND status = 0`);
  await page.waitForFunction((n) => document.getElementById('status').textContent.replaceAll(',', '').includes(`of ${n} rows`), expected);
  const cells = await page.locator('#grid-body [role=row]:not([hidden]) [role=gridcell]:nth-child(4)').allInnerTexts();
  assert.ok(cells.length > 10 && cells.every((it) => it === 'open (0)'), String(cells));
  // A second name joins the first.
  await page.locator('[data-part=filter] .chip-text').click();
  await page.getByRole('dialog').getByRole('button', { name: /^pending/ }).click();
  await settled(page);
  assert.equal(await address(page), 'Conversation?$filter=status in (0,2)');
}));

test('3: a URL of the document fills the controls', () => withPage({}, async (page) => {
  await pasted(page);
  assert.equal(await address(page), "Conversation?$select=id,account_id&$filter=created_at le '2024-09-01T00:00:00'");
  assert.match(await page.locator('[data-part=columns] button').innerText(), /2 of 22/);
  assert.match(await page.locator('[data-part=filter] .chip-text').innerText(), /created_at until 2024-09-01T00:00:00/);
  assert.deepEqual(await page.locator('#grid-head [role=columnheader]').allInnerTexts(), ['id', 'account_id']);
  const [[expected]] = service.sql(`SELECT count(*) FROM conversations WHERE ${SCOPE} AND created_at <= '2024-09-01'`);
  await page.waitForFunction((n) => document.getElementById('status').textContent.replaceAll(',', '').includes(`${n} rows`), expected);
  // The document's other URLs.
  await pasted(page, { url: 'https://odata-liveagent-trial.cognigy.ai/v1.0/odata/Conversation(1)?$select=inbox_id,account_id&apikey=<access-token>' });
  const [row] = service.sql('SELECT inbox_id, account_id FROM conversations WHERE id = 1');
  assert.deepEqual(await page.locator('#grid-body [data-row="0"] [role=gridcell]').allInnerTexts(), row);
  await pasted(page, { url: 'https://odata-liveagent-trial.cognigy.ai/v1.0/odata/ReportingEvent?$top=10' });
  assert.match(await shown(page), /^10 rows/);
  assert.match(await page.locator('[data-part=more] .chip-text').innerText(), /limit: 10/);
  await pasted(page, { url: 'https://odata-liveagent-trial.cognigy.ai/v1.0/odata/Message?' });
  assert.equal(await address(page), 'Message');
}));

test('4: a mistake is underlined where it is, with what to do about it', () => withPage({
  // Chromium itself reports every answer that is an error.
  forgiven: /the server responded with a status of 40[04]/,
}, async (page) => {
  await mistake(page);
  assert.equal(await page.locator('#address-paint .u-wrong').innerText(), 'inbox/nam'.slice(6));
  assert.match(await page.locator('#problem').innerText(), /UnknownProperty\s+'Inbox' has no property 'nam'/);
  assert.equal(await page.getAttribute('#address', 'aria-invalid'), 'true');
  await page.getByRole('button', { name: 'Did you mean name?' }).click();
  await settled(page);
  assert.equal(await address(page), "Conversation?$filter=status eq 0 and contains(inbox/name,'Größe')");
  const [[expected]] = service.sql(`SELECT count(*) FROM conversations c JOIN inboxes i ON i.id = c.inbox_id AND i.account_id = c.account_id
    WHERE c.${SCOPE} AND c.status = 0 AND i.name LIKE '%Größe%'`);
  assert.equal(parseInt(await shown(page)), Number(expected));
  assert.equal(await page.locator('#address-paint .u-wrong').count(), 0);
  // Mistakes in other places, with what is sent longer than what is seen.
  for (const [url, wrong] of [
    ['Conversatio?$top=1', 'Conversatio'],
    ['Conversation(1)/foo', 'foo'],
    ['Conversation?$foo=1', '$foo'],
    ["Inbox?$filter=contains(name,'Größe %26 \"é\"') and nope eq 1", 'nope'],
    ['Inbox?$expand=members($select=id,nope)&$top=1', 'nope'],
    ["Conversation?$filter=inbox/name eq 'ü – 東京' and status eq 'x'", "status eq 'x'"],
  ]) {
    await page.fill('#address', url);
    await page.keyboard.press('Enter');
    await page.locator('#problem strong').waitFor();
    const found = (await page.locator('#address-paint .u-wrong').allInnerTexts()).join('');
    assert.equal(found, wrong, url);
  }
}));

test('5: 50,000 rows in a constant number of elements', () => withPage({}, async (page) => {
  const nodes = new Set();
  const count = await walk(page, {
    each: async (rows) => {
      if (rows > 0) nodes.add(await page.evaluate(() => document.getElementById('grid').querySelectorAll('*').length));
    },
  });
  const [[expected]] = service.sql(`SELECT count(*) FROM messages WHERE ${SCOPE}`);
  assert.equal(count, Number(expected));
  assert.ok(count >= 50_000, `${count} rows`);
  assert.equal(nodes.size, 1, `elements: ${[...nodes]}`);
  const [[last]] = service.sql(`SELECT max(id) FROM messages WHERE ${SCOPE}`);
  assert.equal(await page.locator('#grid-body [aria-selected=true] [role=gridcell]').first().innerText(), last);
  // Somewhere in the middle, by the wheel.
  await page.evaluate(() => { document.getElementById('grid').scrollTop = 25_000 * 30; });
  await page.locator('#grid-body [data-row="25000"]').waitFor();
  const [[middle]] = service.sql(`SELECT id FROM messages WHERE ${SCOPE} ORDER BY id OFFSET 25000 LIMIT 1`);
  assert.equal(await page.locator('#grid-body [data-row="25000"] [role=gridcell]').first().innerText(), middle);
}));

test('6: Power Query M and CSV have the same rows', () => withPage({}, async (page) => {
  const { download, m } = await taken(page);
  assert.equal(download.suggestedFilename(), 'Conversation.csv');
  const csv = await readFile(await download.path(), 'utf8');
  const [head, ...lines] = csv.trimEnd().split('\n');
  const ids = lines.map((line) => line.slice(0, line.indexOf(',')));
  assert.equal(head.split(',')[0], 'id');
  const expected = service.sql(`SELECT id FROM conversations WHERE ${SCOPE} AND status = 2 ORDER BY id`).map(([id]) => id);
  assert.deepEqual(ids.filter((id) => /^\d+$/.test(id)), expected);
  // What Power Query would read: the feed's URL, and where its pages lead.
  assert.match(m, /OData\.Feed\(/);
  assert.ok(!m.includes(service.token));
  let url = /"(http[^"]+)"/.exec(m)[1];
  const fed = [];
  while (url) {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${service.token}`, Prefer: 'odata.maxpagesize=7' } });
    const body = await response.json();
    fed.push(...body.value.map((row) => String(row.id)));
    url = body['@odata.nextLink'];
  }
  assert.deepEqual(fed, expected);
}));

test('the product’s questions are one click away, and their numbers are right', () => withPage({}, async (page) => {
  const ask = async (name) => {
    await page.locator('#questions').getByRole('button', { name }).click();
    await settled(page);
    await page.click('#view-table');
    const rows = await page.locator('#grid-body [role=row]:not([hidden])').evaluateAll((all) => all
      .sort((a, b) => Number(a.dataset.row) - Number(b.dataset.row)).map((row) => [...row.children].map((cell) => cell.textContent)));
    await page.click('#view-chart');
    await page.locator('#chart svg .bar').first().waitFor();
    return rows;
  };
  const sorted = (rows) => rows.map((row) => row.join(' ')).sort();
  assert.deepEqual(sorted(await ask('Load per agent')), sorted(service.sql(
    `SELECT coalesce(u.name, '—'), count(*) FROM conversations c LEFT JOIN users u ON u.id = c.assignee_id AND EXISTS
     (SELECT FROM account_users a WHERE a.user_id = u.id AND a.account_id IN (1, 2)) WHERE c.${SCOPE} AND c.status = 0 GROUP BY 1`)));
  assert.deepEqual(sorted(await ask('Traffic by hour')), sorted(service.sql(
    `SELECT extract(hour FROM created_at)::int, count(*) FROM messages WHERE ${SCOPE} GROUP BY 1`)));
  assert.deepEqual(sorted(await ask('Conversations per label')), sorted(service.sql(
    `SELECT l.title, count(DISTINCT (l.id, c.id)) FROM labels l JOIN tags t ON t.name = l.title
     JOIN taggings g ON g.tag_id = t.id AND g.taggable_type = 'Conversation' AND g.context = 'labels'
     JOIN conversations c ON c.id = g.taggable_id AND c.account_id = l.account_id WHERE l.${SCOPE} GROUP BY 1`)));
  const replies = (await ask('First response time')).map(([name, seconds, n]) => `${name} ${Number(seconds).toFixed(3)} ${n}`).sort();
  assert.deepEqual(replies, sorted(service.sql(
    `SELECT coalesce(i.name, '—'), round(avg(r.value)::numeric, 3), count(*) FROM reporting_events r
     LEFT JOIN inboxes i ON i.id = r.inbox_id AND i.account_id = r.account_id
     WHERE r.${SCOPE} AND r.name = 'first_reply_created' GROUP BY 1`)));
}));

test('what a row has many of is asked from its side', () => withPage({
  forgiven: /the server responded with a status of 400/,
}, async (page) => {
  const expected = service.sql(`SELECT l.title, count(DISTINCT (l.id, c.id)) FROM labels l JOIN tags t ON t.name = l.title
     JOIN taggings g ON g.tag_id = t.id AND g.taggable_type = 'Conversation' AND g.context = 'labels'
     JOIN conversations c ON c.id = g.taggable_id AND c.account_id = l.account_id WHERE l.${SCOPE} GROUP BY 1`);
  const drawn = async () => {
    await settled(page);
    await page.locator('#chart svg').waitFor();
    const rows = await page.locator('#numbers tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent.replaceAll(',', '')).join(' ')));
    return rows.sort();
  };
  const sorted = (rows) => rows.map((row) => row.join(' ')).sort();
  // Out of the list of groups.
  await page.locator('#collections').getByRole('button', { name: /^Conversation/ }).click();
  await settled(page);
  await page.getByRole('button', { name: 'Group', exact: true }).click();
  await page.getByLabel('Find in Group by').fill('labels/ti');
  await page.getByRole('dialog').getByRole('button', { name: /^labels\/title/ }).click();
  assert.equal(await address(page), 'Label?$apply=groupby((title),aggregate(conversations/$count as n))&$orderby=n desc');
  assert.deepEqual(await drawn(), sorted(expected));
  // Out of the service's refusal, where somebody has written it.
  await page.fill('#address', 'Conversation?$apply=groupby((labels/title),aggregate($count as n))');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Ask Label instead' }).click();
  assert.deepEqual(await drawn(), sorted(expected));
  // Conditions go along where they can be said from there.
  await page.fill('#address', 'Conversation?$apply=filter(status eq 0)/groupby((messages/message_type),aggregate($count as n))');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Ask Message instead' }).click();
  const names = ['incoming', 'outgoing', 'activity', 'template'];
  assert.deepEqual(await drawn(), sorted(service.sql(`SELECT m.message_type, count(DISTINCT c.id) FROM messages m
    JOIN conversations c ON c.id = m.conversation_id AND c.account_id = m.account_id WHERE m.${SCOPE} AND c.status = 0 GROUP BY 1`)
    .map(([type, n]) => [names[type], n])));
}));

test('row counts come by themselves, and whoever takes too long is left', () => withPage({}, async (page) => {
  await page.locator('#collections [data-size]').first().waitFor();
  const counted = () => page.waitForFunction(() => [...document.querySelectorAll('#collections [data-size]')].every((it) => it.textContent));
  await counted();
  const sizes = Object.fromEntries(await page.locator('#collections [data-size]').evaluateAll((all) => all.map((it) => [it.dataset.size, it.textContent])));
  for (const [set, table] of [['Conversation', 'conversations'], ['Inbox', 'inboxes'], ['Label', 'labels']]) {
    const [[n]] = service.sql(`SELECT count(*) FROM ${table} WHERE ${SCOPE}`);
    assert.equal(number(sizes[set]), Number(n), set);
  }
  // A count that never comes is given up, and what was counted before stands: more than so many.
  const stalled = [];
  await page.route((url) => /top\(1000001\)/.test(decodeURIComponent(url.href)), (route) => stalled.push(route.request().url()));
  const left = page.waitForEvent('requestfailed', (request) => stalled.includes(request.url()));
  await page.goto('about:blank');
  await page.goto(service.link);
  await page.locator('#collections [data-size]').first().waitFor();
  await counted();
  assert.equal((await left).failure().errorText, 'net::ERR_ABORTED');
  assert.equal(await page.locator('#collections [data-size="Message"]').innerText(), '> 10,000');
  assert.ok(stalled.length >= 1);
}));
