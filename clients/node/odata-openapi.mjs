// odata-openapi: OASIS' converter of $metadata to an OpenAPI document: GET and nothing else, and a
// schema for each type; its paths are among those of the service's own document.

import csdl from 'odata-csdl';
import { csdl2openapi } from 'odata-openapi';
import { FORMATS, assert, run, same, sameTypes, url } from './harness.mjs';

const none = 'a converter: it reads $metadata alone';
const { protocol, host, pathname } = new URL(url);

await run('odata-openapi', {
  async metadata({ columns }) {
    const messages = [];
    const model = csdl.xml2json(await (await fetch(`${url}$metadata`)).text());
    const openapi = csdl2openapi(model, { scheme: protocol.slice(0, -1), host, basePath: pathname.slice(0, -1), messages });
    assert.deepEqual(messages, []);
    const methods = new Set(Object.values(openapi.paths).flatMap(Object.keys).filter((key) => /^(get|put|post|patch|delete)$/.test(key)));
    assert.deepEqual([...methods], ['get']);
    same(Object.keys(openapi.paths).filter((path) => /^\/\w+$/.test(path)).sort(), Object.keys(columns).map((set) => `/${set}`).sort());
    const found = {};
    for (const set of Object.keys(columns)) {
      // A navigation is an array or a reference to another schema.
      const structural = Object.entries(openapi.components.schemas[`LiveAgent.${set}`].properties).filter(
        ([, schema]) => schema.type !== 'array' && !JSON.stringify(schema).includes('$ref'),
      );
      found[set] = Object.fromEntries(
        structural.map(([name, { type, format, nullable }]) => [name, { type: format ?? type, nullable: nullable === true }]),
      );
    }
    sameTypes(found, columns, (type) => FORMATS[type] ?? 'string');
    // The service's own has more: numbers of entities, and the two documents.
    const own = await (await fetch(`${url}openapi.json`)).json();
    same(Object.keys(openapi.paths).filter((path) => !(path in own.paths)), []);
  },
  rows: none,
  pages: none,
  filter: none,
  expand: none,
  count: none,
  error: none,
});
