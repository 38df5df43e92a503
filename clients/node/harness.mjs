// Asks SQL what a client must have read, runs the client's features, and writes a line for each.
//
// What comes in, by the environment: ODATA_URL (the service root, with its slash), ODATA_TOKEN,
// PGHOST, PGUSER, PGDATABASE, RESULTS (a file that lines of JSON are appended to). A client is a map
// from feature to function, or to a sentence that says why the client has no such feature.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import pg from 'pg';

export { assert };
export const url = need('ODATA_URL');
export const token = need('ODATA_TOKEN');

/** More than the service puts into a page by itself: whoever has read more has followed a next link. */
export const PAGE = 10_000;

/** The features of the table, each with what it must have shown. */
export const FEATURES = ['metadata', 'rows', 'pages', 'filter', 'expand', 'count', 'error'];

export const SPRING = { from: '2026-03-01T00:00:00Z', to: '2026-06-01T00:00:00Z' };
export const NAME = "Siobhán O'Connor";

/** Runs a client's features; the process fails only where the client could not be run at all. */
export async function run(client, features) {
  database = new pg.Client();
  await database.connect();
  await readAccounts();
  const expected = await answers();
  for (const feature of FEATURES) {
    const body = features[feature];
    assert(body, `${client} says nothing of '${feature}'`);
    let line = { client, feature, outcome: 'passed' };
    if (typeof body === 'string') {
      line = { client, feature, outcome: 'none', why: body };
    } else {
      const before = assertions;
      try {
        await body(expected);
        assert(assertions > before, 'nothing was compared with SQL');
      } catch (error) {
        line = { client, feature, outcome: 'failed', why: String(error?.stack ?? error).slice(0, 2000) };
      }
    }
    appendFileSync(need('RESULTS'), JSON.stringify(line) + '\n');
  }
  await database.end();
}

let database;
let accounts;
let asked = Promise.resolve();

/** The one value that SQL answers. */
export async function sql(text) {
  // One connection, one statement at a time.
  const answer = asked.then(() => database.query(text.replaceAll(':accounts', `'{${accounts}}'::int[]`)));
  asked = answer.catch(() => {});
  const { rows } = await answer;
  const value = Object.values(rows[0])[0];
  // PostgreSQL's driver gives a bigint as text.
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

let assertions = 0;

/** How often something was compared with SQL until now. */
export const comparisons = () => assertions;

/** What the client read is what SQL says: values, order and number. */
export function same(read, expected) {
  assertions += 1;
  assert.deepStrictEqual(read, expected);
}

/** The columns of `expected`'s rows, out of rows that have more. */
export function like(expected, rows) {
  const names = Object.keys(expected[0]);
  return rows.map((row) => {
    for (const name of names) assert.ok(name in row, `a row has no '${name}'`);
    return Object.fromEntries(names.map((name) => [name, row[name]]));
  });
}

/** Rows that came with `$expand=inbox,messages`, in the form of the question 'expanded'. */
export function family(rows) {
  return rows.map((row) => ({
    id: row.id,
    inbox: row.inbox?.name ?? null,
    messages: row.messages.map((message) => message.id).sort((a, b) => a - b),
  }));
}

/** OData's types as OpenAPI names their formats. */
export const FORMATS = {
  'Edm.Int64': 'int64',
  'Edm.Int32': 'int32',
  'Edm.Double': 'double',
  'Edm.Boolean': 'boolean',
  'Edm.Guid': 'uuid',
  'Edm.DateTimeOffset': 'date-time',
};

/**
 * Each property that the client found, as {type, nullable}, is a column of SQL's, and is what SQL says.
 * `as` turns OData's name of a type into the client's.
 */
export function sameTypes(read, columns, as = (type) => type) {
  for (const [set, properties] of Object.entries(columns)) {
    const found = read[set];
    assert.ok(found, `no entity type '${set}'`);
    assert.ok(Object.keys(found).length > 5, `'${set}' has lost its properties`);
    for (const [name, { type, nullable }] of Object.entries(found)) {
      assert.ok(name in properties, `there is no column behind ${set}.${name}`);
      same(`${set}.${name}: ${type}`, `${set}.${name}: ${as(properties[name].type)}`);
      // What SQL may leave out, a client must know to be nullable.
      if (properties[name].nullable) same(`${set}.${name}: ${nullable}`, `${set}.${name}: true`);
    }
  }
}

/** `read` fails, and what the client threw tells `words`. */
export async function refused(read, ...words) {
  let thrown;
  try {
    await read();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown, 'the client took an error for an answer');
  const text = await told(thrown);
  for (const word of words) assert.ok(text.includes(String(word)), `'${word}' is not in what the client says: ${text}`);
  assertions += 1;
}

async function told(thrown) {
  if (thrown instanceof Response) return `${thrown.status} ${await thrown.text()}`;
  return [thrown.message, JSON.stringify(thrown)].join(' ');
}

async function readAccounts() {
  const owner = await database.query(
    `SELECT array_agg(account_id ORDER BY account_id) AS accounts FROM access_tokens
     JOIN account_users ON owner_type = 'User' AND user_id = owner_id AND role = 1 WHERE token = $1`,
    [token],
  );
  ({ accounts } = owner.rows[0]);
}

async function answers() {
  const text = readFileSync(new URL('../questions.sql', import.meta.url), 'utf8');
  const found = {};
  for (const question of text.split(/^-- ask: /m).slice(1)) {
    const [name] = question.split('\n', 1);
    found[name] = await sql(question.slice(name.length));
    assert.ok(found[name] !== null, `SQL finds nothing for '${name}': the sample data changed`);
  }
  return found;
}

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: clients/run sets it`);
  return value;
}
