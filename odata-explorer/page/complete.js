// What may stand next in the address line: collections, options, properties, code names, functions.

import { app, target, typed } from './app.js';
import { typeName } from './choices.js';
import { $, h } from './dom.js';
import { propertyAt } from './model.js';
import { splitUrl } from './text.js';

/** @typedef {{label: string, insert: string, badge: string, text: string}} Suggestion */
/** @typedef {import('./model.js').EntityType} EntityType */

const OPTIONS = /** @type {Record<string, string>} */ ({
  $filter: 'which rows', $select: 'which columns', $expand: 'what they lead to', $orderby: 'in which order',
  $apply: 'groups and calculations', $top: 'at most so many', $skip: 'without the first', $search: 'words in texts',
  $compute: 'columns of one’s own', $count: 'how many in all', $format: 'as csv, json, ndjson',
});

const CALLS = /** @type {Record<string, string>} */ ({
  contains: 'a text in a text', startswith: 'how a text begins', endswith: 'how a text ends', tolower: 'in small letters',
  length: 'of a text', year: 'of a time', month: 'of a time', day: 'of a time', hour: 'of a time', date: 'of a time',
  now: 'this moment', round: 'a number', groupby: 'in $apply', aggregate: 'in $apply', filter: 'in $apply', compute: 'in $apply',
});

const MOST = 8;

/** @type {{from: number, to: number, items: Suggestion[], at: number}} */
let offered = { from: 0, to: 0, items: [], at: -1 };

export function startCompletion() {
  const line = /** @type {HTMLTextAreaElement} */ ($('address'));
  line.addEventListener('input', (event) => {
    const kind = /** @type {InputEvent} */ (event).inputType ?? '';
    if (kind.startsWith('insertText') || kind.startsWith('delete')) offer(line, false);
    else closeCompletion();
  });
  line.addEventListener('blur', closeCompletion);
  line.addEventListener('click', closeCompletion);
}

/** Whether the key was for the list. @param {KeyboardEvent} event */
export function completionKey(event) {
  const line = /** @type {HTMLTextAreaElement} */ ($('address'));
  const { items, at } = offered;
  if (event.key === ' ' && event.ctrlKey) {
    offer(line, true);
    return true;
  }
  if (!items.length) return false;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const step = event.key === 'ArrowDown' ? 1 : -1;
    offered.at = at + step < 0 ? items.length - 1 : (at + step) % items.length;
    drawOffer();
    return true;
  }
  if ((event.key === 'Enter' || event.key === 'Tab') && at >= 0) {
    accept(at);
    return true;
  }
  if (event.key === 'Escape') {
    event.stopPropagation();
    closeCompletion();
    return true;
  }
  if (/^(Enter|Tab|ArrowLeft|ArrowRight|Home|End)$/.test(event.key)) closeCompletion();
  return false;
}

function closeCompletion() {
  offered = { from: 0, to: 0, items: [], at: -1 };
  $('suggestions').hidden = true;
  $('address').removeAttribute('aria-activedescendant');
}

/** @param {number} n */
function accept(n) {
  const line = /** @type {HTMLTextAreaElement} */ ($('address'));
  const { from, to, items } = offered;
  const { insert } = items[n];
  const text = line.value.slice(0, from) + insert + line.value.slice(to);
  closeCompletion();
  typed(text);
  line.setSelectionRange(from + insert.length, from + insert.length);
}

/** @param {HTMLTextAreaElement} line @param {boolean} asked */
function offer(line, asked) {
  const to = line.selectionStart;
  const before = line.value.slice(0, to);
  const word = /[\w$/]*$/.exec(before)?.[0] ?? '';
  const found = suggestions(before.slice(0, to - word.length), word);
  const last = word.slice(word.lastIndexOf('/') + 1).toLowerCase();
  const items = found
    .filter((it) => it.label.toLowerCase().includes(last) && (asked || it.label.toLowerCase() !== last))
    .sort((a, b) => Number(b.label.toLowerCase().startsWith(last)) - Number(a.label.toLowerCase().startsWith(last)))
    .slice(0, MOST);
  const wanted = asked || word !== '' || /(?: eq | ne |[?&])$/.test(before);
  if (!items.length || !wanted) return closeCompletion();
  offered = { from: to - (word.length - word.lastIndexOf('/') - 1), to, items, at: -1 };
  drawOffer();
}

/**
 * @param {string} before what stands before the word
 * @param {string} word
 * @returns {Suggestion[]}
 */
function suggestions(before, word) {
  const mark = before.indexOf('?');
  if (mark < 0) return pathSuggestions(before + word.slice(0, word.lastIndexOf('/') + 1));
  const { options } = splitUrl(before);
  const option = options.at(-1);
  if (/[?&]$/.test(before) || !option || option.end < before.length || !before.slice(option.start).includes('=')) {
    return Object.entries(OPTIONS).map(([name, text]) => ({ label: name, insert: `${name}=`, badge: '', text }));
  }
  const start = target()?.type;
  if (!start) return [];
  const value = before.slice(option.valueStart);
  const type = innermost(start, value);
  const codes = /([\w/]+) (?:eq|ne) $/.exec(before);
  if (codes) {
    return (propertyAt(app.model, type, codes[1])?.codes ?? []).map((it) => ({ label: it.name, insert: it.value, badge: it.value, text: '' }));
  }
  const inside = value.split("'").length % 2 === 0;
  if (inside) return [];
  return namesOf(type, word.split('/').slice(0, -1), option.name === '$expand' && !/\(\$?\w*=?$/.test(value));
}

/** @param {string} path */
function pathSuggestions(path) {
  if (!path.includes('/')) {
    return app.model.sets.map((it) => ({ label: it.name, insert: it.name, badge: '', text: it.text }));
  }
  const type = target()?.type;
  return (type?.navigations ?? []).map((it) => ({ label: it.name, insert: it.name, badge: it.collection ? 'many' : 'one', text: it.text }));
}

/** The type that names are of, inside the parentheses of navigation properties.
 * @param {EntityType} start @param {string} value */
function innermost(start, value) {
  let type = start;
  /** @type {EntityType[]} */
  const outer = [];
  for (const found of value.matchAll(/(\w*)\(|\)/g)) {
    if (found[0] === ')') {
      type = outer.pop() ?? start;
      continue;
    }
    outer.push(type);
    const navigation = type.navigations.find((it) => it.name === found[1]);
    type = (navigation && app.model.types.get(navigation.target)) || type;
  }
  return type;
}

/** @param {EntityType} start @param {string[]} steps @param {boolean} leading */
function namesOf(start, steps, leading) {
  /** @type {EntityType | undefined} */
  let type = start;
  for (const step of steps) {
    /** @type {import('./model.js').Navigation | undefined} */
    const navigation = type?.navigations.find((it) => it.name === step);
    type = navigation && app.model.types.get(navigation.target);
  }
  if (!type) return [];
  const navigations = type.navigations.map((it) => ({ label: it.name, insert: it.name, badge: it.collection ? 'many' : 'one', text: it.text }));
  const properties = type.properties.map((it) => ({ label: it.name, insert: it.name, badge: typeName(it.type), text: it.text }));
  if (leading) return navigations;
  const calls = steps.length ? [] : Object.entries(CALLS).map(([name, text]) => ({ label: name, insert: `${name}(`, badge: 'ƒ', text }));
  return [...properties, ...navigations, ...calls];
}

function drawOffer() {
  const list = $('suggestions');
  list.replaceChildren(...offered.items.map((it, n) => h('li', {
    role: 'option', id: `suggestion-${n}`, 'aria-selected': String(n === offered.at),
    // The line keeps the focus.
    onpointerdown: (/** @type {Event} */ event) => {
      event.preventDefault();
      accept(n);
    },
  }, h('span', { class: 'picker-name' }, it.label), it.badge && h('span', { class: 'badge' }, it.badge),
    h('span', { class: 'picker-text' }, it.text))));
  list.hidden = false;
  const { left, bottom } = caretPlace(offered.from);
  list.style.left = `${Math.max(8, Math.min(left - 8, window.innerWidth - list.offsetWidth - 8))}px`;
  list.style.top = `${bottom + 4}px`;
  if (offered.at >= 0) $('address').setAttribute('aria-activedescendant', `suggestion-${offered.at}`);
  else $('address').removeAttribute('aria-activedescendant');
}

/** Where a character of the line is on the screen. @param {number} at */
function caretPlace(at) {
  const walker = document.createTreeWalker($('address-paint'), NodeFilter.SHOW_TEXT);
  let left = at;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { length } = /** @type {Text} */ (node);
    if (left <= length) {
      const range = document.createRange();
      range.setStart(node, Math.max(0, Math.min(left, length - 1)));
      range.setEnd(node, Math.min(left + 1, length));
      return range.getBoundingClientRect();
    }
    left -= length;
  }
  return $('address').getBoundingClientRect();
}
