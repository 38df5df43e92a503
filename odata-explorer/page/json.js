// JSON to fold: what is folded has no elements until it is opened.

import { isNumberAt } from './app.js';
import { h } from './dom.js';
import { jsonIn } from './format.js';

/**
 * @param {any} value
 * @param {{name?: string, open?: number, path?: string}} [options] `open`: how many levels stand open; `path`: which
 *   property of a row it is, '' for the row itself
 * @returns {HTMLElement}
 */
export function jsonTree(value, { name, open = 1, path } = {}) {
  const label = name === undefined ? [] : [h('span', { class: 'j-name' }, name), ': '];
  // JSON that travels as text can be folded like any other.
  const inner = jsonIn(value);
  const it = inner === undefined ? value : inner;
  if (it === null || typeof it !== 'object') return h('div', { class: 'j-line' }, label, jsonScalar(it, path));
  const list = Array.isArray(it);
  const entries = Object.entries(it);
  const size = `${entries.length} ${list ? 'item' : 'member'}${entries.length === 1 ? '' : 's'}`;
  if (!entries.length) return h('div', { class: 'j-line' }, label, list ? '[]' : '{}');
  const details = /** @type {HTMLDetailsElement} */ (h('details', { class: 'j-node' },
    h('summary', null, label, list ? '[ ' : '{ ', h('span', { class: 'j-size' }, inner === undefined ? size : `${size}, as text`), list ? ' ]' : ' }')));
  // What stands in a text is none of the model's properties.
  const below = (/** @type {string} */ key) => {
    if (path === undefined || inner !== undefined) return undefined;
    return list ? path : path ? `${path}/${key}` : key;
  };
  const fill = () => {
    if (details.children.length > 1) return;
    const shown = entries.slice(0, 200);
    details.append(h('div', { class: 'j-inner' },
      shown.map(([key, child]) => jsonTree(child, { name: key, open: open - 1, path: below(key) })),
      entries.length > shown.length && h('div', { class: 'quiet' }, `and ${entries.length - shown.length} more`)));
  };
  details.addEventListener('toggle', () => details.open && fill());
  if (open > 0) {
    fill();
    details.open = true;
  }
  return details;
}

/** @param {any} value @param {string} [path] */
function jsonScalar(value, path) {
  // Long numbers travel as texts.
  if (typeof value === 'string' && path && /^-?\d+(\.\d+)?$/.test(value) && isNumberAt(path)) return h('span', { class: 'j-number' }, value);
  const kind = value === null ? 'null' : typeof value;
  return h('span', { class: `j-${kind}` }, typeof value === 'string' ? JSON.stringify(value) : String(value));
}
