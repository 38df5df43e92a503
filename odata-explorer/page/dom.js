// Elements by own hand: whatever is a value becomes a text node, never markup.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {string} tag
 * @param {Record<string, any> | null} [attributes] functions are listeners (`onclick`), `false` and
 *   `null` are absent
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  append(element, children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} tag
 * @param {Record<string, any> | null} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  set(element, attributes);
  append(element, children);
  return element;
}

/** @param {Element} element @param {Record<string, any> | null | undefined} attributes */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** @param {Element} element @param {(Child | Child[])[]} children */
function append(element, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** An element that the page's markup has. @param {string} id @returns {any} */
export const $ = (id) => document.getElementById(id);

const ICONS = /** @type {Record<string, string>} */ ({
  close: 'M4 4l8 8M12 4l-8 8',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  back: 'M10 4L6 8l4 4',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  filter: 'M2 3.5h12L9.5 8.7V13l-3-1.6V8.7z',
  group: 'M2.5 3h4v4h-4zM9.5 3h4v4h-4zM2.5 9h4v4h-4zM9.5 9h4v4h-4z',
  sum: 'M12 3H4l4.5 5L4 13h8',
  sort: 'M5 3v10M2.5 10.5L5 13l2.5-2.5M11 13V3M8.5 5.5L11 3l2.5 2.5',
  expand: 'M3 3v7a2 2 0 0 0 2 2h8M10 9l3 3-3 3',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  key: 'M9.7 6.3a3.2 3.2 0 1 0-2.2 2.9L8.7 8M7 7l6.5 0M11 7v2.5M13.3 7v2',
});

/** @param {string} name */
export function icon(name) {
  return s('svg', { viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' },
    s('path', { d: ICONS[name] }));
}

/** Says something to those who listen to the page. @param {string} text */
export function announce(text) {
  $('live').textContent = text;
}
