// No library: fetch, with URLSearchParams, as a script has it. Its metadata is CSDL JSON.

import { NAME, PAGE, SPRING, assert, family, like, refused, run, same, sameTypes, token, url } from './harness.mjs';

async function get(path, options = {}) {
  const query = new URLSearchParams(options);
  const address = path.startsWith(url) ? path : `${url}${path}${query.size ? `?${query}` : ''}`;
  const response = await fetch(address, { headers: { Authorization: `Bearer ${token}` } });
  const type = response.headers.get('content-type');
  const body = type.startsWith('application/json') ? await response.json() : await response.text();
  if (!response.ok) throw Object.assign(new Error(body.error.message), { status: response.status });
  return body;
}

const ids = (answer) => answer.value.map((row) => row.id);

await run('fetch', {
  async metadata({ columns }) {
    const csdl = await get('$metadata', { $format: 'json' });
    const found = {};
    for (const set of Object.keys(columns)) {
      const members = Object.entries(csdl.LiveAgent[set]).filter(
        ([name, member]) => !/^[$@]/.test(name) && member.$Kind !== 'NavigationProperty',
      );
      found[set] = Object.fromEntries(
        members.map(([name, { $Type = 'Edm.String', $Nullable = false }]) => [name, { type: $Type, nullable: $Nullable }]),
      );
    }
    sameTypes(found, columns);
  },
  async rows({ conversations }) {
    same(like(conversations, (await get('Conversation', { $orderby: 'id' })).value), conversations);
  },
  async pages({ messages }) {
    const rows = [];
    let answer = await get('Message', { $select: Object.keys(messages[0]) });
    rows.push(...answer.value);
    while (answer['@odata.nextLink']) {
      answer = await get(answer['@odata.nextLink']);
      rows.push(...answer.value);
    }
    assert.ok(rows.length > PAGE);
    same(like(messages, rows), messages);
  },
  async filter({ resolved_in_spring, named }) {
    const spring = `status eq 1 and created_at ge ${SPRING.from} and created_at lt ${SPRING.to}`;
    same(ids(await get('Conversation', { $filter: spring, $orderby: 'id' })), resolved_in_spring);
    same(ids(await get('User', { $filter: `name eq '${NAME.replaceAll("'", "''")}'` })), named);
  },
  async expand({ expanded }) {
    const answer = await get('Conversation', { $filter: 'id le 60', $orderby: 'id', $expand: 'inbox,messages' });
    same(family(answer.value), expanded);
  },
  async count({ incoming }) {
    const filter = { $filter: 'message_type eq 0' };
    same((await get('Message', { ...filter, $count: 'true', $top: '0' }))['@odata.count'], incoming);
    same(Number(await get('Message/$count', filter)), incoming);
  },
  async error({ stranger }) {
    await refused(() => get('Conversation', { $filter: 'colour eq 1' }), 'colour', 400);
    await refused(() => get(`Conversation(${stranger})`), 'no such Conversation', 404);
  },
});
