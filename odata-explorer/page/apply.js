// `$apply` and what the page shows of it: conditions, groups, calculations.

import { callOf, splitTop } from './text.js';
import { parseConditions, printConditions } from './conditions.js';

/** @typedef {import('./conditions.js').Condition} Condition */
/** A group: a path, or parts of a time; `as` are the names of the computed parts.
 * @typedef {{path: string, part: '' | 'year' | 'month' | 'day' | 'hour', as: string[]}} Group */
/** A calculation; one that is not understood is its `text` alone.
 * @typedef {{path: string, method: string, as: string, text?: string}} Aggregate */
/** @typedef {{filter: Condition[], search: string, group: Group[], aggregate: Aggregate[], then: string}} Applied */

/** The functions that make the parts of a time, in the order of their columns. */
const PARTS = /** @type {const} */ ({
  year: ['year'],
  month: ['year', 'month'],
  day: ['date'],
  hour: ['hour'],
});

/** The methods of aggregation and what they are called. */
export const METHODS = /** @type {Record<string, string>} */ ({
  sum: 'sum',
  average: 'average',
  min: 'least',
  max: 'greatest',
  countdistinct: 'different values',
});

/** @param {string} path @param {Group['part']} part @returns {Group} */
export function newGroup(path, part) {
  const base = path.replaceAll('/', '_');
  return { path, part, as: part ? PARTS[part].map((name) => `${base}_${name}`) : [] };
}

/** The columns that a group makes. @param {Group} group */
export const groupColumns = (group) => (group.part ? group.as : [group.path]);

/** @param {Applied} applied */
export function printApply({ filter, search, group, aggregate, then }) {
  const steps = [];
  if (filter.length) steps.push(`filter(${printConditions(filter)})`);
  if (search) steps.push(`search(${search})`);
  const computed = group.flatMap((it) =>
    it.part ? PARTS[it.part].map((name, n) => `${name}(${it.path}) as ${it.as[n]}`) : []);
  if (computed.length) steps.push(`compute(${computed.join(',')})`);
  const calculated = aggregate.map(printAggregate).join(',');
  if (group.length) {
    const names = group.flatMap(groupColumns).join(',');
    steps.push(`groupby((${names})${calculated && `,aggregate(${calculated})`})`);
  } else {
    steps.push(`aggregate(${calculated})`);
  }
  if (then) steps.push(then);
  return steps.join('/');
}

/** @param {Aggregate} it */
export function printAggregate(it) {
  return it.text ?? `${it.path}${it.method && ` with ${it.method}`} as ${it.as}`;
}

/**
 * What the page can show of an `$apply`, or null where it can't show all of it.
 * @param {string} text
 * @returns {Applied | null}
 */
export function parseApply(text) {
  const steps = splitTop(text.trim(), '/').map((step) => step.trim());
  /** @type {Condition[]} */
  let filter = [];
  /** @type {Map<string, {part: string, path: string}>} */
  const computed = new Map();
  const condition = callOf(steps[0] ?? '', 'filter');
  if (condition !== null) {
    filter = parseConditions(condition);
    steps.shift();
  }
  const search = callOf(steps[0] ?? '', 'search') ?? '';
  if (search) steps.shift();
  const compute = callOf(steps[0] ?? '', 'compute');
  if (compute !== null) {
    for (const item of splitTop(compute, ',')) {
      const found = /^\s*(year|month|date|hour)\(([\w/]+)\) as (\w+)\s*$/.exec(item);
      if (!found) return null;
      computed.set(found[3], { part: found[1], path: found[2] });
    }
    steps.shift();
  }
  const step = steps.shift() ?? '';
  const then = steps.join('/');
  const whole = callOf(step, 'aggregate');
  if (whole !== null) {
    return computed.size ? null : { filter, search, group: [], aggregate: parseAggregates(whole), then };
  }
  const [names, aggregate, ...more] = splitTop(callOf(step, 'groupby') ?? '', ',');
  const inner = callOf((names ?? '').trim(), '');
  const calculated = aggregate === undefined ? '' : callOf(aggregate.trim(), 'aggregate');
  if (inner === null || calculated === null || more.length) return null;
  const group = parseGroups(splitTop(inner, ',').map((name) => name.trim()), computed);
  if (!group || computed.size) return null;
  return { filter, search, group, aggregate: parseAggregates(calculated), then };
}

/**
 * @param {string[]} names
 * @param {Map<string, {part: string, path: string}>} computed those that are used are taken out
 * @returns {Group[] | null}
 */
function parseGroups(names, computed) {
  /** @type {Group[]} */
  const groups = [];
  for (let at = 0; at < names.length; at++) {
    const name = names[at];
    const first = computed.get(name);
    const second = computed.get(names[at + 1]);
    computed.delete(name);
    if (!first) {
      if (!/^\w+(\/\w+)*$/.test(name)) return null;
      groups.push({ path: name, part: '', as: [] });
    } else if (first.part === 'year' && second?.part === 'month' && second.path === first.path) {
      groups.push({ path: first.path, part: 'month', as: [name, names[at + 1]] });
      computed.delete(names[++at]);
    } else if (first.part === 'month') {
      // A month without its year is no part of the page.
      return null;
    } else {
      const part = /** @type {Group['part']} */ (first.part === 'date' ? 'day' : first.part);
      groups.push({ path: first.path, part, as: [name] });
    }
  }
  return groups;
}

/** @param {string} text @returns {Aggregate[]} */
function parseAggregates(text) {
  return splitTop(text, ',').filter((item) => item.trim()).map((item) => {
    const found = /^\s*([\w/]*\$count|[\w/]+)(?: with (\w+))? as (\w+)\s*$/.exec(item);
    const known = found && (found[2] ? found[2] in METHODS : found[1].endsWith('$count'));
    return known
      ? { path: found[1], method: found[2] ?? '', as: found[3] }
      : { path: '', method: '', as: / as (\w+)\s*$/.exec(item)?.[1] ?? '', text: item.trim() };
  });
}
