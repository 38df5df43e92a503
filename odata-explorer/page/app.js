// What the page is about at the moment, and who is told when it changes.

import { fromUrl, isGrouped, newQuery, toUrl } from './query.js';
import { groupColumns } from './apply.js';
import { isNumber, noModel, propertyAt, resolvePath } from './model.js';

/** @typedef {import('./query.js').Query} Query */
/** @typedef {import('./model.js').Property} Property */

export const app = {
  model: noModel(),
  query: newQuery(''),
  /** The address line's text: the query's URL, or what somebody is typing. */
  text: '',
  /** Whether times are shown in the time zone of this machine. */
  local: false,
};

/** @typedef {'query' | 'run' | 'token' | 'time' | 'home'} Topic */
/** @type {Map<Topic, (() => void)[]>} */
const listeners = new Map();

/** @param {Topic} topic @param {() => void} listener */
export function on(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

/** @param {Topic} topic */
export function emit(topic) {
  for (const listener of listeners.get(topic) ?? []) listener();
}

/** What the path of the query leads to. */
export const target = () => resolvePath(app.model, app.query.path);

/** @param {string} path @returns {Property | null} */
export function propertyOf(path) {
  const type = target()?.type;
  return type ? propertyAt(app.model, type, path) : null;
}

/** Whether what stands at a path of a row is a number, however it travels. @param {string} path */
export function isNumberAt(path) {
  const property = propertyOf(path);
  if (property) return isNumber(property.type);
  const calculation = app.query.aggregate.find((it) => it.as === path);
  return !!calculation && !/^(min|max)$/.test(calculation.method);
}

/** A control has changed the query. @param {Partial<Query>} patch */
export function update(patch) {
  const query = { ...app.query, ...patch };
  if (isGrouped(query)) {
    // What groups do not have can't sort them.
    const columns = new Set(outputs(query));
    query.orderby = query.orderby.filter((it) => columns.has(it.path) || !/^[\w/]+$/.test(it.path));
  }
  app.query = query;
  app.text = toUrl(query);
  emit('query');
  emit('run');
}

/** A token among the options, however it came there: it stays out of the URL and of the history. */
const TOKEN = /([?&])(?:apikey|subscription-key|access_token)=[^&]*&?/gi;

/** Somebody types in the address line. @param {string} text */
export function typed(text) {
  app.text = text.replace(TOKEN, '$1');
  app.query = fromUrl(app.text);
  emit('query');
}

/** Goes to a URL. @param {string} url */
export function open(url) {
  typed(url);
  emit('run');
}

/** The columns that groups have. @param {Query} query */
export const outputs = (query) =>
  [...query.group.flatMap(groupColumns), ...query.aggregate.map((it) => it.as)].filter(Boolean);

/** What the rows showed before they were grouped. @type {Partial<Query> | null} */
let ungrouped = null;

/** Groups anew. The first group brings a count with it, and takes what only rows have.
 * @param {Query['group']} group */
export function setGroups(group) {
  const { query } = app;
  if (group.length && !isGrouped(query)) {
    ungrouped = { path: query.path, select: query.select, expand: query.expand, orderby: query.orderby };
    update({
      group, aggregate: [{ path: '$count', method: '', as: 'n' }], select: null, expand: [], orderby: [],
    });
  } else if (!group.length && query.aggregate.every((it) => it.path === '$count')) {
    const before = ungrouped?.path === query.path ? ungrouped : {};
    update({ orderby: [], ...before, group, aggregate: [], then: '' });
  } else {
    update({ group });
  }
}

/** @param {Query['aggregate']} aggregate */
export function setAggregates(aggregate) {
  const { query } = app;
  if (!aggregate.length && !query.group.length) {
    setGroups([]);
    update({ aggregate, then: '', orderby: [] });
  } else if (isGrouped(query)) {
    update({ aggregate });
  } else {
    update({ aggregate, select: null, expand: [], orderby: [] });
  }
}
