// Beside the rows: the product's questions, the collections with how large they are, and the model of
// the one that is looked at.

import { app, emit, on, open, target, update } from './app.js';
import { config, currentToken } from './api.js';
import { propertyMenu, typeName } from './choices.js';
import { countRows, countText } from './counts.js';
import { $, h, icon } from './dom.js';
import { newQuery } from './query.js';
import { showHome } from './results.js';

/** How many rows the collections have, as far as it is known. @type {Map<string, string>} */
const sizes = new Map();

export function startSidebar() {
  on('query', drawSidebar);
  on('home', drawHome);
  drawSidebar();
}

/** Which counting is the present one: another token begins anew. */
let counting = 0;

/** Takes back what was counted. */
export function forgetCounts() {
  counting++;
  sizes.clear();
  for (const place of document.querySelectorAll('[data-size]')) place.textContent = '';
}

/** Counts each collection, two at a time. */
export async function countCollections() {
  forgetCounts();
  const mine = counting;
  const waiting = [...app.model.sets];
  const work = async () => {
    for (let set = waiting.shift(); set; set = waiting.shift()) {
      const { name } = set;
      await countRows(newQuery(name), (found) => {
        if (mine !== counting) return;
        sizes.set(name, countText(found));
        for (const place of document.querySelectorAll(`[data-size="${CSS.escape(name)}"]`)) place.textContent = sizes.get(name) ?? '';
      });
    }
  };
  await Promise.all([work(), work()]);
}

/** @param {string} name */
const size = (name) => h('span', { class: 'size', 'data-size': name }, sizes.get(name) ?? '');

/** The model is drawn again only for another type: what is folded open stays so. @type {unknown} */
let drawn = null;

function drawSidebar() {
  const here = target();
  $('questions').replaceChildren(...config.questions.map((it) => h('li', null, h('button', {
    type: 'button', class: 'nav', title: it.text, 'aria-current': app.text === it.url ? 'true' : null,
    onclick: () => go(it.url),
  }, it.title))));
  $('questions-head').hidden = !config.questions.length;
  $('collections').replaceChildren(...app.model.sets.map((set) => h('li', null, h('button', {
    type: 'button', class: 'nav', 'aria-current': here?.set === set ? 'true' : null, onclick: () => go(set.name),
  }, h('span', null, set.name), size(set.name)))));
  if (drawn === (here?.type ?? null) && drawn) return;
  drawn = here?.type ?? null;
  $('model').hidden = !here;
  if (!here) return;
  const { type } = here;
  $('model').replaceChildren(
    h('h2', null, type.name),
    type.text && h('p', { class: 'quiet' }, type.text),
    h('ul', { class: 'properties' }, type.properties.map((property) => h('li', null,
      h('button', {
        type: 'button', class: 'property', 'aria-haspopup': 'dialog', 'aria-expanded': 'false',
        onclick: (/** @type {any} */ event) => propertyMenu(event.currentTarget, property.name),
      }, h('span', { class: 'property-name' }, property.name, type.key.includes(property.name) && h('span', { class: 'badge' }, 'key')),
        h('span', { class: 'type' }, typeName(property.type), property.nullable && '?')),
      property.text && h('p', { class: 'quiet' }, property.text),
      property.codes.length > 0 && h('div', { class: 'codes' }, property.codes.map((code) => h('button', {
        type: 'button', class: 'code', title: `${property.name} eq ${code.value}`,
        'aria-label': `Filter ${property.name} is ${code.name}`, onclick: () => filterByCode(property.name, code.value),
      }, code.name)))))),
    type.navigations.length > 0 && h('h3', null, 'Leads to') || '',
    h('ul', { class: 'properties' }, type.navigations.map((it) => h('li', null,
      h('div', { class: 'property' }, h('span', { class: 'property-name' }, it.name),
        h('span', { class: 'type' }, `${it.target.split('.').at(-1)}${it.collection ? ' *' : ''}`)),
      it.text && h('p', { class: 'quiet' }, it.text)))));
}

/** @param {string} url */
function go(url) {
  $('side').classList.remove('open');
  open(url);
}

/** @param {string} path @param {string} value */
function filterByCode(path, value) {
  const { filter } = app.query;
  const others = filter.filter((it) => it.text !== undefined || it.path !== path);
  const same = filter.some((it) => it.text === undefined && it.path === path && it.op === 'eq' && it.value === value);
  $('side').classList.remove('open');
  update({ filter: same ? others : [...others, { path, op: 'eq', value }] });
}

function drawHome() {
  if (!currentToken() && !app.model.sets.length) return emit('token');
  showHome([
    config.questions.length > 0 && h('h2', null, 'Questions'),
    h('div', { class: 'cards' }, config.questions.map((it) => h('button', { type: 'button', class: 'card', onclick: () => go(it.url) },
      h('strong', null, it.title, icon('right')), h('span', { class: 'quiet' }, it.text)))),
    h('h2', null, 'Collections'),
    h('div', { class: 'cards' }, app.model.sets.map((set) => h('button', { type: 'button', class: 'card', onclick: () => go(set.name) },
      h('strong', null, set.name, size(set.name)), h('span', { class: 'quiet' }, set.text)))),
  ].filter((it) => it instanceof Node));
}
