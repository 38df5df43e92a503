// What the readers of .NET (Microsoft.OData.Core, and Simple.OData.Client on it), Java (Olingo) and C++
// are known to refuse, as rules over answers: none of them runs here. Each rule says where it is from.

import csdl from 'odata-csdl';
import { PAGE, assert, like, refused, run, same, token, url } from './harness.mjs';

const MINIMAL = 'application/json;odata.metadata=minimal';
const FULL = 'application/json;odata.metadata=full';
// Those of JSON Format 4.0, 4.5; `metadataEtag` (4.5.2) is there at the full level alone.
const ANNOTATIONS = /^@odata\.(context|metadataEtag|count|nextLink|type|id|editLink|readLink|etag)$/;
const OF_A_PROPERTY = /^(\w+)@odata\.(type|navigationLink|associationLink|nextLink|count)$/;

let model;

async function get(path, accept = MINIMAL) {
  const address = path.startsWith(url) ? path : url + path;
  const response = await fetch(address, { headers: { Authorization: `Bearer ${token}`, Accept: accept, 'OData-MaxVersion': '4.0' } });
  // .NET: two of them are 'the version 4.0,4.0' (NLstn/go-odata 874); without a type nothing is read
  // (JocaPC/sql-server-rest-api 8).
  assert.equal(response.headers.get('odata-version'), '4.0', path);
  assert.match(response.headers.get('content-type'), /^application\/json;odata.metadata=/, path);
  const json = await response.json();
  if (!response.ok) throw Object.assign(new Error(json.error.message), { status: response.status, code: json.error.code });
  answer(json);
  return json;
}

/** The rules of an answer as a whole. */
function answer(json) {
  // .NET: 'the required instance annotation odata.context was not found at the beginning' (odata.net 1723).
  assert.equal(Object.keys(json)[0], '@odata.context');
  const context = json['@odata.context'];
  // .NET: 'the context URL is invalid' where it is relative (Simple.OData.Client 932).
  assert.ok(context.startsWith(`${url}$metadata`), context);
  const fragment = decodeURIComponent(context).split('#')[1];
  const [, set] = fragment.match(/^(\w+)/);
  // .NET: 'the context URL is invalid' where it names what the model lacks (Simple.OData.Client 679).
  assert.ok(model[set], context);
  // .NET, Excel: 'Nav()' inside it (OData/WebApi 2088, AspNetCoreOData 1496).
  assert.ok(!fragment.includes('()'), context);
  link(json['@odata.nextLink']);
  const { value, ...rest } = json;
  if (Array.isArray(value)) {
    for (const name of Object.keys(rest)) assert.match(name, ANNOTATIONS);
    for (const one of value) row(one, set);
  } else {
    row(json, set);
  }
}

function link(next) {
  // .NET reads a relative one against nothing (Simple.OData.Client 932); null is none of its types.
  if (next !== undefined) assert.ok(next.startsWith(url), next);
}

/** The rules of a row, and of those that it holds. */
function row(json, type) {
  const properties = model[type];
  let begun = false;
  for (const [name, value] of Object.entries(json)) {
    if (name.startsWith('@')) {
      // .NET: 'this annotation is either not recognized or not expected' (odata.net 325).
      assert.match(name, ANNOTATIONS, `${type}: ${name}`);
      // .NET: 'the type annotation must be the first' (odata.net 3068).
      assert.ok(!begun, `${type}: ${name} comes behind a property`);
      continue;
    }
    const annotated = name.match(OF_A_PROPERTY);
    begun = true;
    const property = properties[annotated?.[1] ?? name];
    // .NET: 'the property does not exist on type' (odata.net 559).
    assert.ok(property, `${type}.${name} is not in $metadata`);
    if (annotated) {
      if (annotated[2] === 'nextLink') link(value);
      continue;
    }
    const here = `${type}.${name} = ${JSON.stringify(value)?.slice(0, 80)}`;
    if (property.$Kind === 'NavigationProperty') {
      const target = property.$Type.split('.').at(-1);
      // .NET: a collection that is null (odata.net 3012).
      if (property.$Collection) assert.ok(Array.isArray(value), here);
      for (const one of [value ?? []].flat()) row(one, target);
    } else if (value === null) {
      // .NET: 'a null value was found for the property', which does not allow it (Simple.OData.Client 132).
      assert.ok(property.$Nullable, here);
    } else {
      primitive(property, value, here);
    }
  }
}

function primitive({ $Type = 'Edm.String', $Precision, $MaxLength }, value, here) {
  switch ($Type) {
    case 'Edm.DateTimeOffset': {
      // .NET: 'cannot convert the literal' without an offset (odata.net 2113), or with more digits than
      // its clock has, seven; Java: more than Precision says; java.time: without seconds.
      const [, fraction = ''] = value.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$/) ?? assert.fail(here);
      assert.ok(fraction.length <= Math.min(7, $Precision ?? 0), here);
      break;
    }
    case 'Edm.Int64':
    case 'Edm.Int32':
      // Java, C++: a number, unless IEEE754Compatible was asked for.
      assert.ok(Number.isSafeInteger(value), here);
      break;
    case 'Edm.Double':
      assert.ok(typeof value === 'number' || ['INF', '-INF', 'NaN'].includes(value), here);
      break;
    case 'Edm.Boolean':
      assert.equal(typeof value, 'boolean', here);
      break;
    case 'Edm.Guid':
      assert.match(value, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, here);
      break;
    default:
      // Of JSON columns: text, never an object.
      assert.equal(typeof value, 'string', here);
      if ($MaxLength) assert.ok([...value].length <= $MaxLength, here);
  }
}

const json = csdl.xml2json(await (await fetch(`${url}$metadata`)).text());
model = Object.fromEntries(
  Object.entries(json.LiveAgent).filter(([, type]) => type.$Kind === 'EntityType'),
);

// Rules that let everything through would show nothing.
for (const wrong of [
  { colour: 1 },
  { id: null },
  { id: '1' },
  { uuid: 'x' },
  { created_at: '2026-01-01T00:00:00' },
  { created_at: '2026-01-01T00:00:00.00000001Z' },
  { custom_attributes: {} },
  { id: 1, '@odata.type': '#LiveAgent.Conversation' },
  { '@odata.colour': 1 },
  { messages: null },
  { messages: [{ private: 'no' }] },
  { 'messages@odata.nextLink': 'Conversation(1)/messages' },
]) {
  assert.throws(() => row(wrong, 'Conversation'), assert.AssertionError, JSON.stringify(wrong));
}

await run('rules of .NET, Java, C++', {
  async metadata({ columns }) {
    same(Object.keys(model).sort(), Object.keys(columns).sort());
    for (const type of Object.values(model)) {
      for (const [name, property] of Object.entries(type)) {
        if (/[$@]/.test(name)) continue;
        // Olingo knows no Edm.Untyped; names that C#, Java and C++ can't have are renamed by generators.
        assert.notEqual(property.$Type, 'Edm.Untyped', name);
        assert.match(name, /^[a-z][a-z0-9_]*$/);
      }
    }
  },
  async rows({ conversations, columns }) {
    for (const set of Object.keys(columns)) {
      await get(set);
      await get(`${set}?$top=200`, FULL);
      await get(`${set}?$select=id,created_at&$top=3`);
    }
    same(like(conversations, (await get('Conversation?$orderby=id')).value), conversations);
    same((await get(`Conversation(${conversations[0].id})`)).uuid, conversations[0].uuid);
  },
  async pages({ messages }) {
    const rows = [];
    for (let path = 'Message'; path; ) {
      const page = await get(path);
      rows.push(...page.value);
      path = page['@odata.nextLink'];
    }
    assert.ok(rows.length > PAGE);
    same(like(messages, rows), messages);
  },
  async filter({ incoming }) {
    same((await get('Message?$filter=message_type eq 0&$select=id')).value.length, Math.min(incoming, PAGE));
  },
  async expand({ expanded, columns }) {
    for (const accept of [MINIMAL, FULL]) {
      for (const set of Object.keys(columns)) {
        await get(`${set}?$expand=*&$top=9`, accept);
        await get(`${set}?$expand=${nested(set)}&$select=id&$top=50`, accept);
      }
    }
    const found = (await get('Conversation?$filter=id le 60&$orderby=id&$expand=messages($select=id;$orderby=id)')).value;
    same(found.map((one) => one.messages.map((message) => message.id)), expanded.map((one) => one.messages));
  },
  async count({ incoming }) {
    same((await get('Message?$filter=message_type eq 0&$count=true&$top=5'))['@odata.count'], incoming);
  },
  async error({ stranger }) {
    await refused(() => get(`Conversation(${stranger})`), 'no such Conversation', 404, 'ResourceNotFound');
    await refused(() => get('Conversation?$select=colour'), 'colour', 400, 'UnknownProperty');
  },
});

/** Each navigation of a set, collections with options of their own. */
function nested(set) {
  return Object.entries(model[set])
    .filter(([, property]) => property.$Kind === 'NavigationProperty')
    .map(([name, { $Collection }]) => ($Collection ? `${name}($select=id;$top=2;$count=true)` : `${name}($select=id)`))
    .join(',');
}
