// ts-odata-client: queries from expressions; iterating follows the next links.

import { ODataQuery } from 'ts-odata-client';
import { NAME, PAGE, SPRING, assert, family, like, refused, run, same, token, url } from './harness.mjs';

const set = (name) =>
  ODataQuery.forV4(url + name, { requestInit: () => ({ headers: { Authorization: `Bearer ${token}` } }) });
const ids = (answer) => answer.value.map((row) => row.id);

await run('ts-odata-client', {
  metadata: 'reads no metadata: its types are written by hand',
  async rows({ conversations }) {
    same(like(conversations, (await set('Conversation').orderBy((c) => c.id).getManyAsync()).value), conversations);
  },
  async pages({ messages }) {
    const rows = [];
    for await (const row of set('Message').select(...Object.keys(messages[0]))) rows.push(row);
    assert.ok(rows.length > PAGE);
    same(like(messages, rows), messages);
  },
  async filter({ resolved_in_spring, named }) {
    const spring = set('Conversation')
      .filter((c) =>
        c.status
          .$equals(1)
          .and(c.created_at.$greaterThanOrEqualTo(new Date(SPRING.from)))
          .and(c.created_at.$lessThan(new Date(SPRING.to))),
      )
      .orderBy((c) => c.id);
    same(ids(await spring.getManyAsync()), resolved_in_spring);
    // It does not double the quote of a literal: whoever uses it must.
    const name = NAME.replaceAll("'", "''");
    same(ids(await set('User').filter((u) => u.name.$equals(name)).getManyAsync()), named);
  },
  async expand({ expanded }) {
    const query = set('Conversation').filter((c) => c.id.$lessThanOrEqualTo(60));
    same(family((await query.orderBy((c) => c.id).expand('inbox', 'messages').getManyAsync()).value), expanded);
  },
  async count({ incoming }) {
    const answer = await set('Message').filter((m) => m.message_type.$equals(0)).top(1).getManyWithCountAsync();
    same(answer['@odata.count'], incoming);
  },
  async error({ stranger }) {
    await refused(() => set('Conversation').filter((c) => c.colour.$equals(1)).getManyAsync(), 'colour', 'UnknownProperty');
    await refused(() => set('Conversation').getAsync(stranger), 'no such Conversation', 'ResourceNotFound');
  },
});
