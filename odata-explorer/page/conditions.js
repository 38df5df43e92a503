// `$filter` as a list of conditions that all hold. What is not understood stays as it was written.

import { callOf, splitTop } from './text.js';

/** `value` is the literal as it stands in the URL. In `any` the path leads through a collection.
 * @typedef {{path: string, op: string, value: string, any?: boolean, text?: undefined} | {text: string}} Condition */

const FUNCTIONS = ['contains', 'startswith', 'endswith'];
const PATH = /^[A-Za-z_]\w*(\/\w+)*$/;
const COMPARISON = /^([\w/]+) (eq|ne|gt|ge|lt|le) (.+)$/;
const LITERAL = /^('(?:[^']|'')*'|[-+]?[\w.:+-]+)$/;
const LIST = /^([\w/]+) in \((.*)\)$/;
const ANY = /^(\w+)\/any\((\w+):\2\/([\w/]+) (eq|ne|gt|ge|lt|le) (.+)\)$/;

/** @param {string} text @returns {Condition[]} */
export function parseConditions(text) {
  if (!text.trim()) return [];
  // `a and b or c` is no list of conditions.
  if (splitTop(text, ' or ').length > 1) return [{ text: text.trim() }];
  return splitTop(text, ' and ').map((part) => parseCondition(part.trim()));
}

/** @param {string} text @returns {Condition} */
function parseCondition(text) {
  const any = ANY.exec(text);
  if (any && LITERAL.test(any[5])) {
    return { path: `${any[1]}/${any[3]}`, op: any[4], value: any[5], any: true };
  }
  const list = LIST.exec(text);
  if (list && PATH.test(list[1]) && splitTop(list[2], ',').every((it) => LITERAL.test(it.trim()))) {
    return { path: list[1], op: 'in', value: list[2] };
  }
  const comparison = COMPARISON.exec(text);
  if (comparison && PATH.test(comparison[1]) && LITERAL.test(comparison[3])) {
    return { path: comparison[1], op: comparison[2], value: comparison[3] };
  }
  for (const name of FUNCTIONS) {
    const inner = callOf(text, name);
    const [path, value, ...more] = inner === null ? [] : splitTop(inner, ',').map((it) => it.trim());
    if (path && value && !more.length && PATH.test(path) && LITERAL.test(value)) {
      return { path, op: name, value };
    }
  }
  return { text };
}

/** @param {Condition[]} conditions */
export function printConditions(conditions) {
  return conditions
    .map((it) => {
      const text = printCondition(it);
      // One of several that is an alternative needs its parentheses.
      return conditions.length > 1 && splitTop(text, ' or ').length > 1 ? `(${text})` : text;
    })
    .join(' and ');
}

/** @param {Condition} it */
function printCondition(it) {
  if (it.text !== undefined) return it.text;
  if (it.any) {
    const [navigation, ...rest] = it.path.split('/');
    return `${navigation}/any(x:x/${rest.join('/')} ${it.op} ${it.value})`;
  }
  if (it.op === 'in') return `${it.path} in (${it.value})`;
  if (FUNCTIONS.includes(it.op)) return `${it.op}(${it.path},${it.value})`;
  return `${it.path} ${it.op} ${it.value}`;
}
