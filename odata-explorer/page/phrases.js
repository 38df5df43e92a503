// How conditions, groups and calculations are called on their chips.

import { METHODS, printAggregate } from './apply.js';
import { timeText } from './format.js';
import { unquote } from './text.js';

/** @typedef {import('./conditions.js').Condition} Condition */
/** @typedef {import('./model.js').Property} Property */

/** @type {Record<string, string>} */
export const OPERATORS = {
  eq: 'is', ne: 'is not', gt: 'more than', ge: 'at least', lt: 'less than', le: 'at most',
  contains: 'contains', startswith: 'starts with', endswith: 'ends with', in: 'is one of',
};

/** @type {Record<string, string>} */
export const DATE_OPERATORS = { ge: 'from', lt: 'before', gt: 'after', le: 'until', eq: 'is', ne: 'is not' };

/** @param {Condition} it @param {Property | null} property @param {boolean} local */
export function conditionPhrase(it, property, local) {
  if (it.text !== undefined) return it.text;
  if (it.value === 'null') return `${it.path} ${it.op === 'eq' ? 'is empty' : 'is not empty'}`;
  const dates = property?.type === 'Edm.DateTimeOffset' || property?.type === 'Edm.Date';
  const operator = (dates ? DATE_OPERATORS[it.op] : undefined) ?? OPERATORS[it.op] ?? it.op;
  const value = it.op === 'in'
    ? it.value.split(',').map((one) => literalPhrase(one.trim(), property, local)).join(' or ')
    : literalPhrase(it.value, property, local);
  return `${it.path} ${it.op === 'in' && property?.codes.length ? 'is' : operator} ${value}`;
}

/** @param {string} literal @param {Property | null} property @param {boolean} local */
function literalPhrase(literal, property, local) {
  const code = property?.codes.find((it) => it.value === literal);
  if (code) return code.name;
  const text = unquote(literal);
  if (text !== null) return property?.type === 'Edm.DateTimeOffset' ? text : `“${text}”`;
  return timeText(literal, local);
}

/** @param {import('./apply.js').Group} it */
export const groupPhrase = (it) => (it.part ? `${it.path} by ${it.part}` : it.path);

/** @param {import('./apply.js').Aggregate} it */
export function aggregatePhrase(it) {
  if (it.text !== undefined) return printAggregate(it);
  if (it.path === '$count') return `count (${it.as})`;
  if (it.path.endsWith('/$count')) return `number of ${it.path.slice(0, -7)} (${it.as})`;
  return `${METHODS[it.method] ?? it.method} of ${it.path} (${it.as})`;
}
