// The address line: the URL in colours, growing with what is clicked; a wrong place is underlined.

import { app, emit, on, open, typed } from './app.js';
import { config, currentToken } from './api.js';
import { completionKey, startCompletion } from './complete.js';
import { $, announce, h } from './dom.js';
import { otherSide } from './otherside.js';
import { fromPasted } from './query.js';
import { placeOf, splitUrl } from './text.js';
import { useToken } from './token.js';

/** @typedef {import('./api.js').ServiceError} ServiceError */

/** Where the mistake is, if there is one. @type {{start: number, end: number} | null} */
let wrong = null;

export function startAddress() {
  const line = /** @type {HTMLTextAreaElement} */ ($('address'));
  line.addEventListener('input', () => {
    forget();
    // A line break is none of a URL's.
    const text = line.value.replace(/[\r\n]+/g, '');
    if (text !== line.value) line.value = text;
    typed(text);
  });
  line.addEventListener('paste', (event) => {
    const pasted = event.clipboardData?.getData('text/plain') ?? '';
    if (!/^\s*(?:(?:GET|HEAD)\s|https?:|\/)/i.test(pasted)) return;
    event.preventDefault();
    const { url, token, foreign } = fromPasted(pasted, config.root);
    if (token && !currentToken()) {
      typed(url);
      useToken(token);
      return;
    }
    open(url);
    const elsewhere = foreign && foreign !== location.host ? `asked here, not at ${foreign}` : '';
    const without = /apikey=/i.test(pasted) ? 'without its token' : '';
    note([elsewhere, without].filter(Boolean).join(', '));
  });
  line.addEventListener('keydown', (event) => {
    if (completionKey(event)) event.preventDefault();
    else if (event.key === 'Enter') {
      event.preventDefault();
      emit('run');
    }
  });
  startCompletion();
  $('run').addEventListener('click', () => emit('run'));
  on('query', () => {
    if (line.value !== app.text) {
      line.value = app.text;
      forget();
    }
    paint();
  });
}

const TOKENS = /('(?:[^']|'')*'?)|(\$?\b(?:and|or|not|eq|ne|gt|ge|lt|le|in|asc|desc|with|as|add|sub|mul|div|mod|has)\b)|(\b[a-z]+(?=\())|(\b\d[\w.:+-]*)|(\$\w+)/g;

/** Writes the colours below the text. */
function paint() {
  const text = app.text;
  /** @type {[number, number, string][]} */
  const spans = [];
  const { options } = splitUrl(text);
  const mark = text.indexOf('?');
  spans.push([0, mark < 0 ? text.length : mark, 'u-path']);
  for (const { start, valueStart, end } of options) {
    spans.push([start, valueStart, 'u-name']);
    for (const found of text.slice(valueStart, end).matchAll(TOKENS)) {
      const kind = ['u-text', 'u-word', 'u-call', 'u-number', 'u-name'][found.slice(1).findIndex(Boolean)];
      const at = valueStart + found.index;
      spans.push([at, at + found[0].length, kind ?? '']);
    }
  }
  /** @type {Node[]} */
  const nodes = [];
  let at = 0;
  for (const [start, end, kind] of spans) {
    pieces(nodes, text, at, start, '');
    pieces(nodes, text, start, end, kind);
    at = end;
  }
  pieces(nodes, text, at, text.length, '');
  if (wrong && wrong.start >= text.length) nodes.push(h('span', { class: 'u-wrong' }, ' '));
  // The last line has a height even where it is empty.
  $('address-paint').replaceChildren(...nodes, '\u200b');
}

/**
 * @param {Node[]} nodes
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {string} kind
 */
function pieces(nodes, text, start, end, kind) {
  const cuts = [start, wrong?.start ?? start, wrong?.end ?? end, end]
    .map((cut) => Math.min(Math.max(cut, start), end));
  for (let n = 0; n < 3; n++) {
    if (cuts[n] >= cuts[n + 1]) continue;
    const inside = wrong && cuts[n] >= wrong.start && cuts[n + 1] <= wrong.end;
    const names = [kind, inside && 'u-wrong'].filter(Boolean).join(' ');
    nodes.push(h('span', { class: names || null }, text.slice(cuts[n], cuts[n + 1])));
  }
}

/** Takes the mistake back. */
export function forget() {
  wrong = null;
  $('problem').replaceChildren();
  $('address').removeAttribute('aria-invalid');
}

/** Says something that is no mistake. @param {string} text */
function note(text) {
  if (text) $('problem').replaceChildren(h('span', { class: 'note' }, text));
}

/** Says what is wrong, and underlines where. @param {ServiceError} error */
export function blame(error) {
  wrong = placeOfError(error);
  const hint = error.hint;
  const message = hint ? error.message.replace(new RegExp(`[;,]? ?${escapeRegExp(hint)}$`), '') : error.message;
  const better = /^did you mean '(.+)'\?$/.exec(hint)?.[1];
  const place = wrong;
  const other = place && otherSide(app.model, app.query, app.text.slice(place.start, place.end));
  $('problem').replaceChildren(
    h('strong', null, error.code || 'Error'), ' ',
    h('span', { class: 'problem-text' }, message),
    hint && !better ? h('span', { class: 'hint' }, hint) : '',
    better && place
      ? h('button', { type: 'button', class: 'fix', onclick: () => fix(place, better) }, `Did you mean ${better}?`)
      : '',
    other ? h('button', { type: 'button', class: 'fix', title: other.text, onclick: () => open(other.url) }, `Ask ${other.set} instead`) : '');
  $('address').setAttribute('aria-invalid', 'true');
  announce(`${message}. ${hint}`);
  paint();
}

/** @param {string} text */
const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** @param {{start: number, end: number}} place @param {string} better */
function fix({ start, end }, better) {
  open(app.text.slice(0, start) + better + app.text.slice(end));
  $('address').focus();
}

/** @param {ServiceError} error */
function placeOfError({ target, position, length }) {
  const text = app.text;
  const option = splitUrl(text).options.find((it) => it.name === target);
  if (position === null) {
    // What is wrong is the option itself.
    return option ? { start: option.start, end: Math.max(option.start, option.valueStart - 1) } : null;
  }
  // A place in the path has a slash before it.
  const start = placeOf(text, option ? option.valueStart : 0, option ? position : Math.max(0, position - 1));
  return { start, end: Math.max(placeOf(text, start, length), start + 1) };
}
