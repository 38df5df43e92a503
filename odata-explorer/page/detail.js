// One row, whole: every value with its description, JSON to fold, and where it leads.

import { app, open, propertyOf, target } from './app.js';
import { $, h, icon } from './dom.js';
import { jsonIn, timeText } from './format.js';
import { jsonTree } from './json.js';
import { isGrouped } from './query.js';
import { quote, readable } from './text.js';
import { goToRow } from './table.js';
import { typeName } from './choices.js';

/** @param {any[]} rows @param {number} index */
export function showDetail(rows, index) {
  const panel = $('detail');
  const row = rows[index];
  if (!row) return;
  const here = target();
  const grouped = isGrouped(app.query) || !!app.query.apply;
  const id = here && !grouped ? keyOf(here.type, row) : null;
  const go = (/** @type {number} */ to) => {
    if (to < 0 || to >= rows.length) return;
    goToRow(to);
    showDetail(rows, to);
  };
  const step = (/** @type {string} */ label, /** @type {number} */ to, /** @type {string} */ name) => h('button', {
    type: 'button', class: 'ghost square', 'aria-label': label, disabled: to < 0 || to >= rows.length, onclick: () => go(to),
  }, icon(name));
  const had = panel.contains(document.activeElement) ? document.activeElement?.getAttribute('aria-label') : null;
  panel.replaceChildren(
    h('div', { class: 'detail-head' },
      h('h2', null, id && here ? `${here.type.name} ${id.text}` : `Row ${index + 1}`),
      step('Previous row', index - 1, 'back'), step('Next row', index + 1, 'right'),
      h('button', { type: 'button', class: 'ghost square', 'aria-label': 'Close the row', onclick: hideDetail }, icon('close'))),
    id && h('div', { class: 'detail-links' },
      h('button', { type: 'button', class: 'link', onclick: () => open(`${id.path}`) }, 'the whole row'),
      here?.type.navigations.map((it) => h('button', {
        type: 'button', class: 'link', onclick: () => open(`${id.path}/${it.name}`),
      }, it.name))) || '',
    h('dl', null, Object.entries(row).filter(([name]) => !name.startsWith('@')).map(([name, value]) => [
      h('dt', null, h('span', null, name), h('span', { class: 'quiet' }, propertyOf(name)?.text ?? '')),
      h('dd', null, detailValue(name, value)),
    ]).flat()));
  if (panel.hidden) {
    panel.hidden = false;
    /** @type {HTMLElement} */ (panel.querySelector('[aria-label="Close the row"]')).focus();
  } else if (had) {
    const again = /** @type {HTMLButtonElement | null} */ (panel.querySelector(`[aria-label="${had}"]:not(:disabled)`));
    (again ?? /** @type {HTMLElement} */ (panel.querySelector('[aria-label="Close the row"]'))).focus();
  }
}

export function hideDetail() {
  const panel = $('detail');
  if (panel.hidden) return;
  const had = panel.contains(document.activeElement);
  panel.hidden = true;
  panel.replaceChildren();
  if (had) $('grid').focus();
}

/** @param {string} name @param {any} value @returns {Node} */
function detailValue(name, value) {
  const property = propertyOf(name);
  if (value === null || value === undefined) return h('span', { class: 'null' }, 'null');
  const json = typeof value === 'object' ? value : jsonIn(value);
  if (json !== undefined) return jsonTree(json, { open: 2, path: typeof value === 'object' ? name : undefined });
  const text = String(value);
  const code = property?.codes.find((it) => it.value === text);
  if (code) return h('span', null, code.name, ' ', h('span', { class: 'badge' }, text));
  if (property?.type === 'Edm.DateTimeOffset') {
    return h('span', null, timeText(text, app.local), h('span', { class: 'quiet' }, ` ${text}`));
  }
  return h('span', { class: property && property.type !== 'Edm.String' ? 'plain' : 'text', title: typeName(property?.type ?? '') }, text);
}

/**
 * @param {import('./model.js').EntityType} type
 * @param {any} row
 * @returns {{path: string, text: string} | null}
 */
function keyOf(type, row) {
  const set = app.model.sets.find((it) => it.type === type);
  if (!set || !type.key.length || type.key.some((name) => row[name] === undefined || row[name] === null)) return null;
  const literal = (/** @type {string} */ name) =>
    type.properties.find((it) => it.name === name)?.type === 'Edm.String' ? quote(String(row[name])) : String(row[name]);
  const inner = type.key.length === 1 ? literal(type.key[0]) : type.key.map((name) => `${name}=${literal(name)}`).join(',');
  return { path: readable(`${set.name}(${inner})`), text: type.key.map((name) => String(row[name])).join(', ') };
}
