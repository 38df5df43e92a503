// The controls of a query: a button for each part, and a chip for each thing that is in it.

import { app, on, propertyOf, setAggregates, setGroups, target, update } from './app.js';
import { chooseAggregates, chooseColumns, chooseExpand, chooseFilter, chooseGroups, chooseSort, editFilter } from './choices.js';
import { $, h, icon } from './dom.js';
import { aggregatePhrase, conditionPhrase, groupPhrase } from './phrases.js';
import { openPopover, picker } from './popover.js';
import { isGrouped } from './query.js';

/** @typedef {{label: string, remove: () => void, edit?: (anchor: HTMLElement) => void, raw?: (text: string) => void, value?: string, title?: string}} Chip */
/** @typedef {{part: string, label: string, icon: string, choose: (anchor: HTMLElement) => void, chips: () => Chip[], rowsOnly?: boolean}} Part */

/** @type {Part[]} */
const BUILDER = [
  { part: 'columns', label: 'Columns', icon: 'columns', choose: chooseColumns, chips: () => [], rowsOnly: true },
  {
    part: 'filter', label: 'Filter', icon: 'filter', choose: chooseFilter,
    chips: () => app.query.filter.map((it) => ({
      label: conditionPhrase(it, it.text === undefined ? propertyOf(it.path) : null, app.local),
      remove: () => update({ filter: app.query.filter.filter((other) => other !== it) }),
      edit: it.text === undefined && propertyOf(it.path) ? (anchor) => editFilter(anchor, it) : undefined,
      value: it.text,
      raw: it.text === undefined ? undefined : (text) =>
        update({ filter: app.query.filter.flatMap((other) => (other === it ? (text ? [{ text }] : []) : [other])) }),
    })),
  },
  {
    part: 'group', label: 'Group', icon: 'group', choose: chooseGroups,
    chips: () => [
      ...app.query.group.map((it) => ({
        label: groupPhrase(it), remove: () => setGroups(app.query.group.filter((other) => other !== it)),
      })),
      ...(app.query.apply ? [rawChip('$apply', app.query.apply, (apply) => update({ apply }))] : []),
    ],
  },
  {
    part: 'aggregate', label: 'Calculate', icon: 'sum', choose: chooseAggregates,
    chips: () => [
      ...app.query.aggregate.map((it) => ({
        label: aggregatePhrase(it),
        remove: () => setAggregates(app.query.aggregate.filter((other) => other !== it)),
      })),
      ...(app.query.then ? [rawChip('then', app.query.then, (then) => update({ then }))] : []),
    ],
  },
  {
    part: 'sort', label: 'Sort', icon: 'sort', choose: chooseSort,
    chips: () => app.query.orderby.map((it) => ({
      label: `${it.path} ${it.desc ? '↓' : '↑'}`,
      title: 'Turn the order around',
      edit: () => update({ orderby: app.query.orderby.map((other) => (other === it ? { ...it, desc: !it.desc } : other)) }),
      remove: () => update({ orderby: app.query.orderby.filter((other) => other !== it) }),
    })),
  },
  {
    part: 'expand', label: 'Expand', icon: 'expand', choose: chooseExpand, rowsOnly: true,
    chips: () => app.query.expand.map((it) => rawChip(it.name, it.options, (options) =>
      update({ expand: app.query.expand.map((other) => (other === it ? { name: it.name, options } : other)) }),
    () => update({ expand: app.query.expand.filter((other) => other !== it) }))),
  },
  {
    part: 'more', label: 'More', icon: 'more', choose: chooseMore,
    chips: () => [
      ...(app.query.search ? [rawChip('search', app.query.search, (search) => update({ search }))] : []),
      ...(app.query.top ? [rawChip('limit', app.query.top, (top) => update({ top }))] : []),
      ...app.query.other.map((it) => rawChip(it.name, it.value, (value) =>
        update({ other: app.query.other.flatMap((other) => (other === it ? (value ? [{ name: it.name, value }] : []) : [other])) }))),
    ],
  },
];

/** A part that is edited as text.
 * @param {string} label @param {string} value @param {(text: string) => void} raw @param {() => void} [remove]
 * @returns {Chip} */
function rawChip(label, value, raw, remove) {
  return { label: value ? `${label}: ${value}` : label, value, raw, remove: remove ?? (() => raw('')) };
}

export function startBuilder() {
  $('builder').replaceChildren(...BUILDER.map((it) => h('div', { class: 'part', 'data-part': it.part },
    h('button', {
      type: 'button', class: 'part-button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false',
      onclick: (/** @type {any} */ event) => it.choose(event.currentTarget),
    }, icon(it.icon), h('span', { class: 'part-label' }, it.label)),
    h('div', { class: 'chips' }))));
  on('query', drawBuilder);
  on('time', drawBuilder);
  drawBuilder();
}

function drawBuilder() {
  const here = target();
  const grouped = isGrouped(app.query);
  $('builder').hidden = !here;
  for (const it of BUILDER) {
    const part = /** @type {HTMLElement} */ ($('builder').querySelector(`[data-part="${it.part}"]`));
    const button = /** @type {HTMLButtonElement} */ (part.querySelector('button'));
    button.disabled = !!it.rowsOnly && grouped;
    if (it.part === 'columns') {
      const { select } = app.query;
      const all = here?.type.properties.length ?? 0;
      const text = grouped ? 'Columns' : select && !select.includes('*') ? `Columns ${select.length} of ${all}` : `All ${all} columns`;
      /** @type {HTMLElement} */ (part.querySelector('.part-label')).textContent = text;
    }
    const chips = /** @type {HTMLElement} */ (part.querySelector('.chips'));
    const had = chips.contains(document.activeElement);
    chips.replaceChildren(...it.chips().map((chip) => drawChip(chip)));
    if (had) button.focus();
  }
}

/** @param {Chip} chip */
function drawChip({ label, remove, edit, raw, value, title }) {
  const act = raw ? (/** @type {HTMLElement} */ anchor) => editText(anchor, label, value ?? '', raw) : edit;
  return h('span', { class: raw ? 'chip raw' : 'chip' },
    act
      ? h('button', { type: 'button', class: 'chip-text', title, onclick: (/** @type {any} */ event) => act(event.currentTarget) }, label)
      : h('span', { class: 'chip-text' }, label),
    h('button', { type: 'button', class: 'chip-close', 'aria-label': `Remove ${label}`, onclick: remove }, icon('close')));
}

/** @param {HTMLElement} anchor @param {string} label @param {string} value @param {(text: string) => void} raw */
function editText(anchor, label, value, raw) {
  openPopover(anchor, label, (popover) => {
    const input = /** @type {HTMLInputElement} */ (h('textarea', {
      rows: '3', spellcheck: 'false', 'aria-label': label.split(':')[0], class: 'code-text',
      onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && apply(event),
    }));
    input.value = value;
    const apply = (/** @type {Event} */ event) => {
      event.preventDefault();
      popover.close();
      raw(input.value.trim());
    };
    return h('form', { class: 'editor', onsubmit: apply }, h('strong', null, label.split(':')[0]), input,
      h('button', { type: 'submit', class: 'primary' }, 'Apply'));
  });
}

/** @param {HTMLElement} anchor */
function chooseMore(anchor) {
  openPopover(anchor, 'More', (popover) => {
    const ask = (/** @type {string} */ label, /** @type {string} */ text, /** @type {(text: string) => void} */ raw) => ({
      label, text, choose: () => {
        popover.close();
        editText(anchor, label, '', raw);
      },
    });
    const add = (/** @type {string} */ name) => (/** @type {string} */ value) =>
      value && update({ other: [...app.query.other.filter((it) => it.name !== name), { name, value }] });
    const items = [
      ask('Search', 'words in its texts', (search) => update({ search })),
      ask('Limit', 'at most so many rows ($top)', (top) => update({ top })),
      ask('Skip', 'leave out the first rows ($skip)', add('$skip')),
      ask('Compute', 'columns of one’s own ($compute)', add('$compute')),
      { label: 'Count', text: 'the number of all rows, in the answer ($count)', choose: () => { popover.close(); add('$count')('true'); } },
    ];
    const searchable = target()?.set?.searchable !== false;
    return picker('More', () => items.filter((it) => searchable || it.label !== 'Search'));
  });
}
