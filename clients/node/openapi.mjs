// The service's own OpenAPI document: valid by the schemas of the OpenAPI Initiative, and true of the
// answers, by a validator of JSON Schema 2020-12. Its questions are made of the document alone.

import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { FORMATS, assert, like, run, same, sameTypes, sql, token, url } from './harness.mjs';

const document = await (await fetch(`${url}openapi.json`)).json();
const { schemas } = document.components;

const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: false });
addFormats(ajv);
// Those of OpenAPI's registry of formats, whose form the type says.
for (const format of ['int8', 'uint8', 'int16', 'decimal']) ajv.addFormat(format, true);
// Words of OpenAPI that say nothing of a value.
ajv.addVocabulary(['components', 'openapi', 'info', 'tags', 'paths', 'security', 'servers']);
ajv.addSchema(document, 'openapi');

const pointer = (...names) => `openapi#/${names.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;

/** A path of the document, asked for; its answer has the form that the document says. */
async function ask(path, query = '', template = path) {
  const response = await fetch(url.slice(0, -1) + path + query, { headers: { Authorization: `Bearer ${token}` } });
  const { responses } = document.paths[template].get;
  const said = responses[response.status];
  assert.ok(said, `${path}${query}: ${response.status} is not announced: ${await response.clone().text()}`);
  if (response.status === 204) return null;
  const type = response.headers.get('content-type').split(';')[0];
  const reference = said.$ref?.slice(2).split('/') ?? ['paths', template, 'get', 'responses', String(response.status)];
  const content = reference.reduce((at, name) => at[name], document).content[type];
  assert.ok(content, `${path}${query}: ${type} is not announced`);
  const body = type === 'application/json' ? await response.json() : await response.text();
  if (content.schema) {
    const conforms = ajv.getSchema(pointer(...reference, 'content', type, 'schema'));
    assert.ok(conforms(body), `${path}${query}: ${ajv.errorsText(conforms.errors)}`);
  }
  return body;
}

const page = (set, query = '') => ask(`/${set}`, query).then((body) => body.value);

await run('OpenAPI document', {
  async metadata({ columns }) {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    assert.deepEqual(errors, undefined);
    assert.ok(valid && validator.version === '3.1');
    const found = {};
    for (const set of Object.keys(columns)) {
      const { properties } = schemas[`LiveAgent.${set}`];
      const structural = Object.entries(properties).filter(([name]) => name in columns[set]);
      found[set] = Object.fromEntries(
        structural.map(([name, { type, format, anyOf }]) => {
          const types = anyOf ? anyOf.map((choice) => choice.type) : [type].flat();
          const narrowed = format ?? anyOf?.[0].format;
          return [name, { type: narrowed ?? types[0], nullable: types.includes('null') }];
        }),
      );
    }
    sameTypes(found, columns, (type) => FORMATS[type] ?? 'string');
  },
  // Every path, with entities that there are.
  async rows({ conversations }) {
    let nothing = 0;
    for (const template of Object.keys(document.paths)) {
      const [, set] = template.split('/');
      const entities = template.includes('{') ? await page(set, '?$top=3') : [{}];
      for (const entity of entities) {
        const path = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(entity[name]));
        if ((await ask(path, '', template)) === null) nothing += 1;
      }
    }
    assert.ok(nothing > 0, 'no relation led nowhere');
    const rows = like(conversations, await page('Conversation'));
    same(rows.sort((a, b) => a.id - b.id), conversations);
  },
  async pages({ messages }) {
    const ids = [];
    for (let next = `${url}Message`; next; ) {
      const body = await ask('/Message', next.slice(`${url}Message`.length));
      ids.push(...body.value.map((row) => row.id));
      next = body['@odata.nextLink'];
    }
    same(ids.sort((a, b) => a - b), messages.map((row) => row.id));
  },
  // Every example.
  async filter() {
    const { parameters } = document.components;
    const { get } = document.paths['/Conversation'];
    for (const { $ref } of get.parameters) {
      const { name, example, examples } = parameters[$ref.split('/').pop()];
      const values = examples ? Object.values(examples).map(({ value }) => value) : [example];
      for (const value of values) await ask('/Conversation', `?${name}=${encodeURIComponent(value)}`);
    }
    const open = await page('Conversation', `?$filter=${encodeURIComponent(parameters['Conversation.filter'].examples.equal.value)}`);
    const scope = 'FROM conversations WHERE account_id = ANY (:accounts)';
    same(open.map((row) => row.id).sort((a, b) => a - b), await sql(`SELECT json_agg(id ORDER BY id) ${scope} AND status = 0`));
  },
  async expand() {
    let compared = 0;
    for (const [name, { schema }] of Object.entries(document.components.parameters)) {
      const [type, option] = name.split('.');
      if (option !== 'expand') continue;
      for (const navigation of schema.items.enum) await ask(`/${type}`, `?$top=20&$expand=${navigation}`);
      compared += 1;
    }
    same(compared, 6);
  },
  async count({ conversations }) {
    same(Number(await ask('/Conversation/$count')), conversations.length);
    same((await ask('/Conversation', '?$count=true&$top=0'))['@odata.count'], conversations.length);
  },
  async error() {
    const conforms = ajv.getSchema(pointer('components', 'schemas', 'error'));
    for (const [path, headers, status] of [
      ['Conversation', {}, 401],
      ['Conversation?$filter=nothing eq 1', { apikey: token }, 400],
      ['Conversation/999999999', { apikey: token }, 404],
    ]) {
      const response = await fetch(url + path, { headers });
      same(response.status, status);
      const body = await response.json();
      assert.ok(conforms(body), ajv.errorsText(conforms.errors));
    }
  },
});
