// A query is one plain object; two pure functions lead from it to its URL and back. What the page has
// no control for is kept as it was written: nothing of a URL is lost.

import { decode, readable, splitTop, splitUrl } from './text.js';
import { parseConditions, printConditions } from './conditions.js';
import { parseApply, printApply } from './apply.js';

/** @typedef {import('./conditions.js').Condition} Condition */
/** @typedef {import('./apply.js').Group} Group */
/** @typedef {import('./apply.js').Aggregate} Aggregate */
/** @typedef {{path: string, desc: boolean}} Sort a path, or an expression as it was written */
/** @typedef {{name: string, options: string}} Expand */
/**
 * @typedef {object} Query
 * @property {string} path the resource path
 * @property {string[] | null} select null: all of them
 * @property {Condition[]} filter
 * @property {Group[]} group
 * @property {Aggregate[]} aggregate
 * @property {string} then transformations behind the groups, as written
 * @property {string} apply an `$apply` that is not understood, as written
 * @property {Sort[]} orderby
 * @property {Expand[]} expand
 * @property {string} search
 * @property {string} top
 * @property {{name: string, value: string}[]} other options as written
 */

/** @param {string} path @returns {Query} */
export function newQuery(path) {
  return {
    path, select: null, filter: [], group: [], aggregate: [], then: '', apply: '', orderby: [],
    expand: [], search: '', top: '', other: [],
  };
}

/** Whether the rows are groups instead of entities. @param {Query} query */
export const isGrouped = (query) => query.group.length > 0 || query.aggregate.length > 0;

/**
 * The URL, relative to the service root, as the address line shows it.
 * @param {Query} query
 */
export function toUrl(query) {
  const grouped = isGrouped(query);
  /** @type {[string, string][]} */
  const options = [
    ['$apply', grouped ? printApply(query) : query.apply],
    ['$filter', grouped ? '' : printConditions(query.filter)],
    ['$search', grouped ? '' : query.search],
    ['$select', query.select?.join(',') ?? ''],
    ['$expand', query.expand.map((it) => it.name + (it.options && `(${it.options})`)).join(',')],
    ['$orderby', query.orderby.map((it) => it.path + (it.desc ? ' desc' : '')).join(',')],
    ['$top', query.top],
  ];
  const pairs = options.filter(([, value]) => value);
  for (const { name, value } of query.other) pairs.push([name, value]);
  const text = pairs.map(([name, value]) => `${readable(name)}=${readable(value)}`).join('&');
  return readable(query.path) + (text && `?${text}`);
}

/**
 * The query of a URL relative to the service root.
 * @param {string} url
 * @returns {Query}
 */
export function fromUrl(url) {
  const { path, options } = splitUrl(url);
  const query = newQuery(path.trim());
  const apply = options.find((it) => it.name === '$apply');
  const applied = apply && parseApply(apply.value);
  if (apply && !applied) query.apply = apply.value;
  if (applied) Object.assign(query, applied);
  const seen = new Set();
  for (const { name, value } of options) {
    const known = !seen.has(name) && readOption(query, name, value, !!applied);
    seen.add(name);
    if (!known) query.other.push({ name, value });
  }
  return query;
}

/**
 * @param {Query} query
 * @param {string} name
 * @param {string} value
 * @param {boolean} grouped
 * @returns {boolean} whether there is a control for it
 */
function readOption(query, name, value, grouped) {
  const items = splitTop(value, ',').map((item) => item.trim()).filter(Boolean);
  switch (name) {
    case '$apply':
      return true;
    case '$filter':
      // Behind groups it asks something of the groups.
      if (grouped || !value.trim()) return false;
      query.filter = parseConditions(value);
      return true;
    case '$select':
      if (!items.length) return false;
      query.select = items;
      return true;
    case '$expand':
      query.expand = items.map((item) => {
        const found = /^([\w/.]+)\(([\s\S]*)\)$/.exec(item);
        return found ? { name: found[1], options: found[2] } : { name: item, options: '' };
      });
      return items.length > 0;
    case '$orderby':
      query.orderby = items.map((item) => {
        const found = /^([\s\S]+?)(?: (asc|desc))?$/.exec(item);
        return { path: found?.[1] ?? item, desc: found?.[2] === 'desc' };
      });
      return items.length > 0;
    case '$search':
      if (grouped) return false;
      query.search = value.trim();
      return query.search !== '';
    case '$top':
      query.top = value.trim();
      return query.top !== '';
    default:
      return false;
  }
}

/**
 * A pasted URL, whole or from its path on: what stands behind the service root, and the token in it.
 * @param {string} text
 * @param {string} rootPath the path of the service root, with its slash
 */
export function fromPasted(text, rootPath) {
  let url = text.trim().replace(/^(?:GET|HEAD)\s+/i, '').replace(/\s+HTTP\/[\d.]+$/i, '');
  url = url.replace(/[\r\n]+\s*/g, '');
  let foreign = '';
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(url);
  if (absolute || url.startsWith('/')) {
    foreign = absolute?.[1] ?? '';
    const path = absolute ? url.slice(absolute[0].length) : url;
    const tail = rootPath.replace(/\/$/, '');
    const at = path.indexOf(tail);
    url = at >= 0 ? path.slice(at + tail.length) : path;
  }
  url = url.replace(/^\/+/, '').replace(/#.*$/s, '');
  let token = '';
  const [head, ...pairs] = url.split(/(?<=\?)|&/);
  const kept = [head, ...pairs].filter((pair) => {
    const found = /^(?:apikey|subscription-key|access_token)=(.*)$/is.exec(pair);
    if (found) token = decode(found[1]);
    return !found;
  });
  const first = kept.shift() ?? '';
  url = (first + kept.join('&')).replace(/\?$/, '');
  return { url, token: /[<>\s]/.test(token) ? '' : token, foreign };
}
