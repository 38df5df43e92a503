// o.js: percent-encodes the names of options too, takes 'value' out of each answer.

import { o } from 'o.js';
import { NAME, SPRING, family, like, refused, run, same, token, url } from './harness.mjs';

// Its other default, a referrer named 'client', is none that node's fetch knows.
const service = o(url, { headers: new Headers({ apikey: token }), referrer: 'about:client' });
const ids = (rows) => rows.map((row) => row.id);

await run('o.js', {
  metadata: 'reads no metadata',
  async rows({ conversations }) {
    same(like(conversations, await service.get('Conversation').query({ $orderby: 'id' })), conversations);
  },
  pages: 'takes the rows out of an answer and drops its next link',
  async filter({ resolved_in_spring, named }) {
    const spring = `status eq 1 and created_at ge ${SPRING.from} and created_at lt ${SPRING.to}`;
    same(ids(await service.get('Conversation').query({ $filter: spring, $orderby: 'id' })), resolved_in_spring);
    same(ids(await service.get('User').query({ $filter: `name eq '${NAME.replaceAll("'", "''")}'` })), named);
  },
  async expand({ expanded }) {
    const options = { $filter: 'id le 60', $orderby: 'id', $expand: 'inbox,messages' };
    same(family(await service.get('Conversation').query(options)), expanded);
  },
  async count({ incoming }) {
    same(await service.get('Message/$count').query({ $filter: 'message_type eq 0' }), incoming);
  },
  async error({ stranger }) {
    await refused(() => service.get('Conversation').query({ $filter: 'colour eq 1' }), 'colour', 400);
    await refused(() => service.get(`Conversation(${stranger})`).query(), 'no such Conversation', 404);
  },
});
