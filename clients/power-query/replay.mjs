// Replays what Power Query asks (Excel, Power BI, dataflows), with its headers. No Power Query is here:
// each request of requests.jsonl says whether it was recorded, is documented, or is assumed, and where.
//
// A line: name, feature, source, where; auth, target and headers; 'for' (SQL: the request once for
// each of its rows, whose columns stand in braces), 'follow' (next links to the end), 'together' (so
// many at once, beside the others that have it). What must come of it: 'status' and what the error
// 'says', or, compared with SQL: 'ids', 'rows' and 'columns' (questions.sql), 'pairs', 'value', 'count'.

import { createInflate, createGunzip } from 'node:zlib';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { FEATURES, assert, comparisons, like, run, same, sameTypes, sql, token, url } from '../node/harness.mjs';

// As recorded: NLstn/go-odata, issue 874.
const HEADERS = {
  Accept:
    'application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7',
  'Accept-Encoding': 'gzip, deflate',
  'User-Agent': 'Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)',
  MaxDataServiceVersion: '3.0',
  'OData-MaxVersion': '4.0',
};

const basic = (password) => ({ Authorization: `Basic ${Buffer.from(`user:${password}`).toString('base64')}` });
const CREDENTIALS = {
  basic: basic(token),
  wrong: basic('not-a-token'),
  agent: basic(process.env.ODATA_AGENT),
  emptyBearer: { Authorization: 'Bearer' },
  url: {},
  apiKeyName: {},
  none: {},
};

const agent = new (url.startsWith('https') ? https : http).Agent({ keepAlive: true });

function send(address, headers, method = 'GET') {
  return new Promise((resolve, reject) => {
    const { request } = address.startsWith('https') ? https : http;
    const sent = request(address, { method, headers, agent }, (response) => {
      const coding = { gzip: createGunzip, deflate: createInflate }[response.headers['content-encoding']];
      const parts = [];
      const body = coding ? response.pipe(coding()) : response;
      body.on('data', (part) => parts.push(part));
      body.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const json = response.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode, headers: response.headers, raw: response.rawHeaders, text, json });
      });
      response.on('error', reject);
      body.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** The target below the root, with each value escaped as .NET does it, and the key where it belongs. */
function addressOf(line, target) {
  const [path, query] = target.split(/\?(.*)/s);
  const options = (query ? query.split('&') : []).map((option) => {
    const [name, value] = option.split(/=(.*)/s);
    return `${name}=${encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;
  });
  if (line.auth === 'url' || line.auth === 'apiKeyName') options.push(`apikey=${token}`);
  const address = url + path + (options.length ? `?${options.join('&')}` : '');
  assert.ok(address.length <= 2048, 'Power Query sends no URL above 2,048 characters');
  return address;
}

/** One request, and the next links behind it: every answer. */
async function ask(line, target) {
  const headers = { ...HEADERS, ...CREDENTIALS[line.auth], ...line.headers };
  const answers = [];
  let address = addressOf(line, target);
  while (address) {
    const answer = await send(address, headers, line.method);
    const context = `${line.method ?? 'GET'} ${address.replaceAll(token, '<token>')}`;
    assert.equal(answer.status, line.status ?? 200, `${context}: ${answer.text.slice(0, 500)}`);
    // Two of them are one header '4.0,4.0' to Power Query, and no version that it knows.
    const versions = answer.raw.filter((_, at, all) => at % 2 === 1 && all[at - 1].toLowerCase() === 'odata-version');
    if (answer.status !== 405) assert.deepEqual(versions, ['4.0'], context);
    answers.push(answer);
    address = answer.json?.['@odata.nextLink'];
    if (address) {
      assert.ok(line.follow, `${context}: a next link where none was expected`);
      assert.ok(address.startsWith(url), `${context}: the next link is not below the root: ${address}`);
      const keyed = line.auth === 'url' || line.auth === 'apiKeyName';
      assert.equal(address.includes(`apikey=${token}`), keyed, `${context}: the key and the next link`);
    }
  }
  return answers;
}

const fill = (text, row) => text?.replace(/\{(\w+)\}/g, (_, name) => row[name]);
const ids = (rows) => rows.map((row) => row.id);
const ascending = (numbers) => [...numbers].sort((a, b) => a - b);

/** Whether the answers are what the line says; the rows that they had. */
async function judge(line, row, answers, expected) {
  const [{ json, text, status, headers }] = answers;
  const rows = answers.flatMap((answer) => answer.json?.value ?? (answer.json?.id ? [answer.json] : []));
  // The case is SQL's: a row that is there and not to be seen, or that is not there.
  if (line.for && line.status) same(status, line.status);
  if (line.says) {
    assert.match(headers['content-type'], /^application\/json/);
    for (const words of line.says) assert.ok(json.error.message.includes(words), `'${words}' is not in: ${json.error.message}`);
    if (status === 401) assert.match(headers['www-authenticate'], /Basic.*Bearer/);
  }
  if (line.sets) same(json.value.map((set) => set.name).sort(), Object.keys(expected.columns).sort());
  if (line.columns) {
    assert.match(headers['content-type'], /^application\/xml/);
    sameTypes(typesOf(text), expected.columns);
  }
  if (line.omitted) {
    assert.match(headers['preference-applied'], /omit-values=nulls/);
    assert.ok(!text.includes(':null'), 'nulls were sent');
    const names = Object.keys(expected[line.rows][0]);
    for (const one of rows) for (const name of names) one[name] ??= null;
  }
  if (line.rows) same(like(expected[line.rows], rows), expected[line.rows]);
  if (line.ids) {
    const found = await sql(`SELECT json_agg(id) FROM (${fill(line.ids, row)}) AS r (id)`);
    const [read, wanted] = [ids(rows), found ?? []];
    same(line.sorted ? ascending(read) : read, line.sorted ? ascending(wanted) : wanted);
  }
  if (line.pairs) {
    const [navigation, name] = line.pair.split('/');
    same(
      rows.map((one) => [one.id, one[navigation]?.[name] ?? null]),
      await sql(`SELECT json_agg(json_build_array(id, other)) FROM (${line.pairs}) AS r (id, other)`),
    );
  }
  if (line.value) same(Number(text), await sql(line.value));
  if (line.count) same(json['@odata.count'], await sql(line.count));
  if (line.warned) {
    const log = readFileSync(process.env.SERVICE_LOG, 'utf8').split('\n');
    assert.ok(log.some((entry) => /WARN/.test(entry) && /Mashup/.test(entry)), 'the log has no warning of it');
  }
  return rows;
}

/** The entity types of a CSDL document, read as text: enough for one that an XML reader wrote. */
function typesOf(xml) {
  const found = {};
  for (const [, name, body] of xml.matchAll(/<EntityType Name="(\w+)">([\s\S]*?)<\/EntityType>/g)) {
    found[name] = {};
    for (const [, property, type, rest] of body.matchAll(/<Property Name="(\w+)" Type="([\w.]+)"([^>]*)>/g)) {
      found[name][property] = { type, nullable: !rest.includes('Nullable="false"') };
    }
  }
  return found;
}

async function replay(line, expected) {
  const cases = line.for ? await sql(`SELECT json_agg(r) FROM (${line.for}) AS r`) : [{}];
  assert.ok(cases?.length, `SQL finds no case for '${line.name}'`);
  const all = [];
  for (const row of cases) {
    const answers = await ask(line, fill(line.target, row));
    all.push(...(await judge(line, row, answers, expected)));
  }
  // Windows side by side leave nothing out and have nothing twice.
  if (line.whole) same(ascending(ids(all)), ids(expected[line.whole]));
}

const lines = readFileSync(new URL('requests.jsonl', import.meta.url), 'utf8').trim().split('\n').map(JSON.parse);

/** All lines in their order, as a session has them: the faults of each feature. */
async function session(expected) {
  const faults = Object.fromEntries(FEATURES.map((feature) => [feature, []]));
  const compared = Object.fromEntries(FEATURES.map((feature) => [feature, 0]));
  const one = async (line) => {
    const [begun, before] = [Date.now(), comparisons()];
    const fault = await replay(line, expected).then(() => undefined, (error) => error);
    console.log(`${fault ? 'FAILED' : 'ok    '} ${line.source.padEnd(10)} ${line.name} (${Date.now() - begun} ms)`);
    if (fault) faults[line.feature].push(`${line.name}: ${fault.message}`);
    compared[line.feature] += comparisons() - before;
  };
  const together = lines.filter((line) => line.together);
  for (const line of lines) {
    if (!line.together) await one(line);
    else if (line === together[0]) {
      await Promise.all(together.flatMap((walk) => Array.from({ length: walk.together }, () => one(walk))));
    }
  }
  for (const source of ['recorded', 'documented', 'assumed']) {
    console.log(`${lines.filter((line) => line.source === source).length} requests ${source}`);
  }
  return { faults, compared };
}

let replayed;
const features = FEATURES.map((feature) => [
  feature,
  async (expected) => {
    replayed ??= session(expected);
    const { faults, compared } = await replayed;
    assert.ok(compared[feature] > 0, 'nothing was compared with SQL');
    same(faults[feature], []);
  },
]);
await run('Power Query (replayed)', Object.fromEntries(features));
agent.destroy();
