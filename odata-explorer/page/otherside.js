// Groups by what a row has many of: there is no such group, but those many can be asked how many rows
// each of them belongs to.

import { newQuery, toUrl } from './query.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./query.js').Query} Query */
/** @typedef {import('./conditions.js').Condition} Condition */

/**
 * `Conversation` by `labels/title` is `Label` by `title`, with how many conversations each has.
 * @param {Model} model
 * @param {Query} query
 * @param {string} path
 * @returns {{url: string, set: string, text: string} | null} null: it leads through no collection, or there is no way back
 */
export function otherSide(model, query, path) {
  const here = model.sets.find((it) => it.name === query.path);
  const [step, name, ...more] = path.split('/');
  const there = here?.type.navigations.find((it) => it.name === step && it.collection);
  const type = there && model.types.get(there.target);
  const set = model.sets.find((it) => it.type === type);
  const back = type?.navigations.find((it) => it.name === there?.partner);
  if (!here || !set || !back || more.length || !set.type.properties.some((it) => it.name === name)) return null;
  const key = here.type.key[0];
  const aggregate = back.collection
    ? { path: `${back.name}/$count`, method: '', as: 'n' }
    : { path: `${back.name}/${key}`, method: 'countdistinct', as: 'n' };
  const filter = back.collection ? [] : query.filter.flatMap((it) => seenFrom(back.name, it));
  const kept = filter.length === query.filter.length && !query.search;
  return {
    url: toUrl({
      ...newQuery(set.name), filter, group: [{ path: name, part: '', as: [] }], aggregate: [aggregate], orderby: [{ path: 'n', desc: true }],
    }),
    set: set.name,
    text: `${set.name} by ${name}: how many of ${here.name} each has${kept ? '' : ', without all conditions'}`,
  };
}

/** @param {string} step @param {Condition} it @returns {Condition[]} none where it can't be said from there */
const seenFrom = (step, it) => (it.text !== undefined || it.any ? [] : [{ ...it, path: `${step}/${it.path}` }]);
