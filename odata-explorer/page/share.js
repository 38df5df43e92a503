// A query as text for elsewhere: URL, curl, Power Query, a connection file. Without the token, unless
// somebody asks for it in so many words.

import { encodeUrl } from './text.js';
import { fromUrl, isGrouped } from './query.js';
import { groupColumns } from './apply.js';

const PLACEHOLDER = '<access-token>';

/**
 * @typedef {{root: string, url: string, token: string, inUrl: boolean}} Shared `url` as in the address line; no
 * token: the placeholder; `inUrl`: whether the service takes a token in the URL
 */

/** @param {Shared} shared */
export function asUrl({ root, url, token, inUrl }) {
  const encoded = encodeUrl(url);
  if (!inUrl) return root + encoded;
  return `${root}${encoded}${encoded.includes('?') ? '&' : '?'}apikey=${token ? encodeURIComponent(token) : PLACEHOLDER}`;
}

/** @param {Shared} shared */
export function asCurl({ root, url, token }) {
  const shell = (/** @type {string} */ text) => `'${text.replaceAll("'", `'\\''`)}'`;
  return `curl -g ${shell(root + encodeUrl(url))} \\\n  -H ${shell(`Authorization: Bearer ${token || PLACEHOLDER}`)}`;
}

/** A text of M. @param {string} text */
const m = (text) => `"${text.replaceAll('#(', '#(#)(').replaceAll('"', '""')}"`;

/**
 * Power Query's formula. Rows are a feed, which folds what is done to it later; groups are no entities
 * of the model, so they are read as CSV, with the types that the query itself tells.
 * @param {Shared} shared
 */
export function asPowerQuery({ root, url, token, inUrl }) {
  const query = fromUrl(url);
  const ways = inUrl
    ? ['// Power Query asks for the access token: choose "Web API" and paste it as the key.\n', 'ApiKeyName = "apikey"']
    : ['// Power Query asks for the access token: choose "Basic" and paste it as the password.\n', ''];
  const [head, key] = token ? ['', `Headers = [Authorization = ${m(`Bearer ${token}`)}]`] : ways;
  if (!isGrouped(query) && !query.apply) {
    return `${head}let
    Source = OData.Feed(
        ${m(root + encodeUrl(url))},
        null,
        [Implementation = "2.0", ODataVersion = 4, OmitValues = ODataOmitValues.Nulls${key && `, ${key}`}]
    )
in
    Source`;
  }
  const separator = url.includes('?') ? '&' : '?';
  const source = root + encodeUrl(`${url}${separator}$format=text/csv`);
  const numbers = [
    ...query.aggregate.filter((it) => it.as && (it.path.endsWith('$count') || /^(sum|average|countdistinct)$/.test(it.method))).map((it) => it.as),
    ...query.group.filter((it) => it.part && it.part !== 'day').flatMap(groupColumns),
  ];
  const types = numbers.map((name) => `{${m(name)}, type number}`).join(', ');
  return `${head}let
    Source = Csv.Document(
        Web.Contents(${m(source)}, [${key}]),
        [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]
    ),
    Headers = Table.PromoteHeaders(Source, [PromoteAllScalars = true]),
    Typed = Table.TransformColumnTypes(Headers, {${types}}, "en-US")
in
    Typed`;
}

/** A connection file for Power BI, to the whole service. @param {Shared} shared */
export function asPbids({ root, token, inUrl }) {
  const url = token && inUrl ? `${root}?apikey=${encodeURIComponent(token)}` : root;
  return JSON.stringify({
    version: '0.1',
    connections: [{ details: { protocol: 'odata', address: { url } }, mode: 'Import' }],
  }, null, 2);
}
