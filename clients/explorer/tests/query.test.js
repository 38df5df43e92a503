// The pure functions: a URL to a query and back, nothing lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPasted, fromUrl, toUrl } from '../../../odata-explorer/page/query.js';
import { chartOf } from '../../../odata-explorer/page/chart.js';
import { countText } from '../../../odata-explorer/page/counts.js';
import { asCurl, asPbids, asPowerQuery, asUrl } from '../../../odata-explorer/page/share.js';
import { encode, encodeUrl, placeOf, splitUrl } from '../../../odata-explorer/page/text.js';

const URLS = [
  'Conversation',
  'Conversation(1)?$select=inbox_id,account_id',
  "Conversation?$filter=created_at le '2021-11-23T00:00:00'&$select=id,account_id",
  'Conversation?$filter=status in (0,1) and inbox/name eq \'it\'\'s, and (so) or\'&$orderby=created_at desc,id&$top=5',
  'Conversation?$filter=labels/any(x:x/title eq \'vip\') and (status eq 1 or status eq 2)',
  'Conversation?$filter=status eq 1 or status eq 2',
  'Conversation?$filter=not contains(identifier,\'a\') and year(created_at) eq 2024 and status ne null',
  'Conversation?$expand=inbox($select=name;$expand=members($top=1)),labels&$skip=3&$count=true&myown=a%26b',
  "ReportingEvent?$apply=filter(name eq 'first_reply_created')/groupby((inbox/name),aggregate(value with average as seconds,$count as n))&$orderby=seconds desc",
  'Conversation?$apply=compute(year(created_at) as y,month(created_at) as m)/groupby((inbox/name,y,m),aggregate($count as n))',
  'Message?$apply=compute(hour(created_at) as hour)/groupby((hour),aggregate($count as messages))&$orderby=hour&$filter=messages gt 5',
  'Message?$apply=groupby((message_type))/filter(message_type gt 0)',
  'Message?$apply=aggregate(id with countdistinct as n,id mul 2 with sum as x)',
  'Message?$apply=concat(aggregate($count as n),identity)&$filter=n gt 5',
  'Message?$apply=groupby((rollup(inbox_id,status)),aggregate($count as n))',
  'Message?$search=refund AND "next week"&$compute=id mul 2 as twice&$select=id,twice',
  'Message?$apply=filter(status eq 1)/search(refund AND money)/groupby((inbox_id),aggregate($count as n))',
  'Conversation(3)/messages?$filter=private eq false',
  'Conversation/$count?$filter=status eq 0',
  '$crossjoin(Inbox,Label)?$filter=Inbox/id eq Label/id',
  'Conversation?$top=3&$top=4',
  'Conversation?$filter=',
];

/** The options without their order. */
const parts = (url) => {
  const { path, options } = splitUrl(url);
  return [path, ...options.map(({ name, value }) => `${name}=${value}`).sort()];
};

for (const url of URLS) {
  test(url, () => {
    const query = fromUrl(url);
    assert.deepEqual(parts(toUrl(query)), parts(url));
    assert.deepEqual(fromUrl(toUrl(query)), query);
  });
}

test('controls know the usual forms', () => {
  const query = fromUrl("Conversation?$filter=status eq 0 and contains(inbox/name,'a, b') and 1 eq 1&$expand=inbox($select=name)");
  assert.deepEqual(query.filter, [
    { path: 'status', op: 'eq', value: '0' }, { path: 'inbox/name', op: 'contains', value: "'a, b'" }, { text: '1 eq 1' },
  ]);
  assert.deepEqual(query.expand, [{ name: 'inbox', options: '$select=name' }]);
});

test('what is pasted', () => {
  const root = '/v1.0/odata/';
  for (const [text, url, token] of [
    ['https://x.example/v1.0/odata/Message?', 'Message', ''],
    ['https://x.example/v1.0/odata/Message?apikey=abc&$top=3', 'Message?$top=3', 'abc'],
    ['GET /v1.0/odata/Message?$top=3&apikey=<access-token> HTTP/1.1', 'Message?$top=3', ''],
    ['https://x.example/chat/v1.0/odata/', '', ''],
  ]) {
    const pasted = fromPasted(text, root);
    assert.equal(pasted.url, url);
    assert.equal(pasted.token, token);
  }
});

test('places of errors are counted in what is sent', () => {
  const line = "Inbox?$filter=contains(name,'ß%26€') and nam eq 1";
  const sent = encodeUrl(line);
  const { valueStart } = splitUrl(line).options[0];
  const inValue = sent.slice(sent.indexOf('=') + 1);
  assert.equal(line.slice(placeOf(line, valueStart, inValue.indexOf('nam%20'))).slice(0, 3), 'nam');
  assert.equal(encode("a 'b'&c"), 'a%20%27b%27%26c');
  assert.equal(encodeUrl('Message?$filter=created_at ge 2024-01-01T00:00:00+01:00'), 'Message?$filter=created_at%20ge%202024-01-01T00:00:00%2B01:00');
});

test('texts for elsewhere are quoted as those programs quote', () => {
  const shared = { root: 'http://h/odata/', url: "A?$filter=b eq 'it''s'", token: '', inUrl: true };
  assert.equal(asUrl(shared), 'http://h/odata/A?$filter=b%20eq%20%27it%27%27s%27&apikey=<access-token>');
  assert.match(asCurl(shared), /^curl -g 'http:\/\/h\/odata\/A\?\$filter=b%20eq%20%27it%27%27s%27' /);
  assert.match(asCurl({ ...shared, token: "x'y" }), /Bearer x'\\''y'/);
  const groups = asPowerQuery({ ...shared, url: 'A?$apply=groupby((b),aggregate($count as n))' });
  assert.match(groups, /Csv\.Document/);
  assert.match(groups, /\{"n", type number\}/);
  // A service that takes no token in the URL is given none there, not even the place for one.
  const closed = { ...shared, token: 'secret', inUrl: false };
  for (const it of [asUrl(closed), asPbids(closed), asPowerQuery({ ...closed, token: '' })]) {
    assert.ok(!it.includes('apikey') && !it.includes('secret'), it);
  }
  assert.match(asPowerQuery({ ...closed, token: '' }), /"Basic".*\[Implementation = "2.0".*Nulls\]/s);
});

test('a chart of days has each of them, the latest where there are too many', () => {
  const query = fromUrl('A?$apply=compute(date(at) as day)/groupby((day),aggregate($count as n))');
  const day = (n) => new Date(Date.UTC(2020, 0, 1 + n)).toISOString().slice(0, 10);
  const chart = (days) => chartOf(days.map((n) => ({ day: day(n), n: String(n + 1) })), query, 'n', () => null);
  const some = chart([0, 1, 729]);
  assert.deepEqual([some.labels.length, some.labels.at(-1), some.note], [730, day(729), '']);
  assert.deepEqual([some.series[0].values[1], some.series[0].values[2], some.series[0].values[729]], [2, 0, 730]);
  const many = chart([...Array(2000).keys()]);
  assert.deepEqual([many.labels[0], many.labels.at(-1), many.note], [day(500), day(1999), 'the last 1500 of 2000']);
  // Two days that are ages apart are two days.
  assert.deepEqual(chart([0, 500_000]).labels, [day(0), day(500_000)]);
});

test('how many rows there are, as it is said', () => {
  assert.equal(countText({ n: 396_939, more: false }), '396,939');
  assert.equal(countText({ n: 10_000, more: true }), '> 10,000');
  assert.equal(countText({ n: 1_000_000, more: true }), '> 1 M');
});
