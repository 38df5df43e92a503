// jaydata-odatajs, the Olingo reader: strict about content types, versions and metadata, and the one
// library here that asks for full metadata and turns types by it.

import odatajs from 'jaydata-odatajs';
import { NAME, PAGE, SPRING, assert, family, like, refused, run, same, sameTypes, token, url } from './harness.mjs';

// Its own client for node joins the chunks of an answer as text, and breaks a letter that two of them
// share. (In a browser it has another.)
const httpClient = {
  request({ requestUri, headers }, success, error) {
    const got = fetch(requestUri, { headers }).then(async (response) => ({
      requestUri,
      statusCode: response.status,
      statusText: response.statusText,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    }));
    const told = (response) =>
      response.statusCode < 300 ? success(response) : error({ message: 'HTTP request failed', response });
    got.then(told, (fault) => error({ message: String(fault) }));
  },
};

function read(path, { headers = {}, handler, metadata } = {}) {
  const requestUri = path.startsWith(url) ? path : url + path;
  const request = { requestUri, headers: { Authorization: `Bearer ${token}`, ...headers } };
  return new Promise((resolve, reject) =>
    odatajs.oData.read(request, resolve, reject, handler, httpClient, metadata),
  );
}

const query = (options) =>
  '?' + Object.entries(options).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
const ids = (answer) => answer.value.map((row) => row.id);
const model = () => read('$metadata', { handler: odatajs.oData.metadataHandler, headers: { Accept: 'application/xml' } });

await run('jaydata-odatajs', {
  async metadata({ columns }) {
    const [schema] = (await model()).dataServices.schema;
    const found = {};
    for (const type of schema.entityType) {
      found[type.name] = Object.fromEntries(
        type.property.map(({ name, type: kind, nullable }) => [name, { type: kind, nullable: nullable !== 'false' }]),
      );
    }
    sameTypes(found, columns);
    // With the model and every annotation in the answer, the reader checks one against the other.
    const full = await read('Inbox', { headers: { Accept: 'application/json;odata.metadata=full' }, metadata: await model() });
    same(full.value.every((row) => row['@odata.type'] === '#LiveAgent.Inbox'), true);
  },
  async rows({ conversations }) {
    same(like(conversations, (await read('Conversation' + query({ $orderby: 'id' }))).value), conversations);
  },
  async pages({ messages }) {
    const rows = [];
    let path = 'Message' + query({ $select: Object.keys(messages[0]) });
    while (path) {
      const answer = await read(path);
      rows.push(...answer.value);
      path = answer['@odata.nextLink'];
    }
    assert.ok(rows.length > PAGE);
    same(like(messages, rows), messages);
  },
  async filter({ resolved_in_spring, named }) {
    const spring = `status eq 1 and created_at ge ${SPRING.from} and created_at lt ${SPRING.to}`;
    same(ids(await read('Conversation' + query({ $filter: spring, $orderby: 'id' }))), resolved_in_spring);
    same(ids(await read('User' + query({ $filter: `name eq '${NAME.replaceAll("'", "''")}'` }))), named);
  },
  async expand({ expanded }) {
    const options = { $filter: 'id le 60', $orderby: 'id', $expand: 'inbox,messages' };
    same(family((await read('Conversation' + query(options))).value), expanded);
  },
  async count({ incoming }) {
    const options = { $filter: 'message_type eq 0', $count: 'true', $top: 1 };
    same((await read('Message' + query(options)))['@odata.count'], incoming);
  },
  async error({ stranger }) {
    await refused(() => read('Conversation' + query({ $filter: 'colour eq 1' })), 'colour', 400);
    await refused(() => read(`Conversation(${stranger})`), 'no such Conversation', 404);
  },
});
