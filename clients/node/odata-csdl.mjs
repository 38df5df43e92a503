// odata-csdl: OASIS' converter of CSDL XML to CSDL JSON.

import csdl from 'odata-csdl';
import { assert, run, sameTypes, url } from './harness.mjs';

const none = 'a converter: it reads $metadata alone';

await run('odata-csdl', {
  async metadata({ columns }) {
    const messages = [];
    const json = csdl.xml2json(await (await fetch(`${url}$metadata`)).text(), { messages });
    assert.deepEqual(messages, []);
    const found = {};
    for (const [name, type] of Object.entries(json.LiveAgent)) {
      if (type.$Kind !== 'EntityType') continue;
      const members = Object.entries(type).filter(
        ([member, value]) => !/^[$@]/.test(member) && !member.includes('@') && value.$Kind !== 'NavigationProperty',
      );
      found[name] = Object.fromEntries(
        members.map(([member, { $Type = 'Edm.String', $Nullable = false }]) => [member, { type: $Type, nullable: $Nullable }]),
      );
    }
    sameTypes(found, columns);
  },
  rows: none,
  pages: none,
  filter: none,
  expand: none,
  count: none,
  error: none,
});
