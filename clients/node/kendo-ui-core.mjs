// kendo-ui-core: the DataSource with type 'odata-v4', as its grids have it. It needs a browser: jsdom,
// at the service's own origin.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { JSDOM } from 'jsdom';
import { NAME, SPRING, family, like, refused, run, same, token, url } from './harness.mjs';

const { window } = new JSDOM('<!doctype html>', { url, runScripts: 'outside-only' });
const { resolve } = createRequire(import.meta.url);
for (const script of ['jquery', ...['core', 'data', 'data.odata'].map((part) => `kendo-ui-core/umd/kendo.${part}.min.js`)]) {
  window.eval(readFileSync(resolve(script), 'utf8'));
}
const { kendo } = window;

/** Reads with a DataSource's options; `path` stands behind the service root. */
async function source(path, options = {}) {
  const data = new kendo.data.DataSource({
    type: 'odata-v4',
    transport: { read: { url: url + path, beforeSend: (xhr) => xhr.setRequestHeader('Authorization', `Bearer ${token}`) } },
    serverFiltering: true,
    serverSorting: true,
    ...options,
  });
  await new Promise((resolve, reject) => {
    data.bind('error', ({ xhr }) => reject(Object.assign(new Error(xhr.responseText), { status: xhr.status })));
    data.fetch(resolve);
  });
  return data;
}

// Out of the other window's prototypes.
const rows = (data) => JSON.parse(JSON.stringify(data.data()));
const ids = (data) => rows(data).map((row) => row.id);
const byId = { field: 'id', dir: 'asc' };

await run('kendo-ui-core', {
  metadata: 'reads no metadata',
  async rows({ conversations }) {
    same(like(conversations, rows(await source('Conversation', { sort: byId }))), conversations);
  },
  pages: 'follows no next link: it pages by $skip and $top',
  async filter({ resolved_in_spring, named }) {
    const filter = [
      { field: 'status', operator: 'eq', value: 1 },
      { field: 'created_at', operator: 'gte', value: new Date(SPRING.from) },
      { field: 'created_at', operator: 'lt', value: new Date(SPRING.to) },
    ];
    same(ids(await source('Conversation', { filter, sort: byId })), resolved_in_spring);
    same(ids(await source('User', { filter: { field: 'name', operator: 'eq', value: NAME } })), named);
  },
  async expand({ expanded }) {
    const filter = { field: 'id', operator: 'lte', value: 60 };
    same(family(rows(await source('Conversation?$expand=inbox,messages', { filter, sort: byId }))), expanded);
  },
  async count({ incoming }) {
    const filter = { field: 'message_type', operator: 'eq', value: 0 };
    same((await source('Message', { filter, serverPaging: true, pageSize: 5 })).total(), incoming);
  },
  async error({ stranger }) {
    await refused(() => source(`Conversation(${stranger})/messages`), 'no such Conversation', 404);
    await refused(() => source('Conversation', { filter: { field: 'colour', operator: 'eq', value: 1 } }), 'colour', 400);
  },
});
