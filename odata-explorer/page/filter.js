// The editor of one condition: what is offered follows from the property's type.

import { app, target, update } from './app.js';
import { readRows } from './api.js';
import { h } from './dom.js';
import { count, localZone } from './format.js';
import { isDate, isNumber } from './model.js';
import { DATE_OPERATORS, OPERATORS } from './phrases.js';
import { popoverHead } from './popover.js';
import { newQuery, toUrl } from './query.js';
import { printConditions } from './conditions.js';
import { encodeUrl, quote, unquote } from './text.js';

/** @typedef {import('./conditions.js').Condition} Condition */
/** @typedef {import('./model.js').Property} Property */
/** @typedef {import('./popover.js').Popover} Popover */
/** @typedef {{path: string, property: Property, any: boolean, old: Condition | null}} Subject */

/**
 * @param {Popover} popover
 * @param {Subject} subject
 * @param {(() => void) | null} back
 */
export function filterEditor(popover, subject, back) {
  const { path, property } = subject;
  return h('div', { class: 'editor' },
    popoverHead(path, back),
    property.text && h('p', { class: 'quiet' }, property.text),
    property.codes.length ? codeEditor(subject)
      : property.type === 'Edm.Boolean' ? choiceEditor(popover, subject)
      : valueEditor(popover, subject));
}

/** Puts the condition in the place of the old one. @param {Subject} subject @param {Condition | null} next */
function replace(subject, next) {
  const { filter } = app.query;
  const at = subject.old ? filter.indexOf(subject.old) : -1;
  const all = at < 0 ? [...filter, next] : filter.map((it, n) => (n === at ? next : it));
  subject.old = next;
  update({ filter: /** @type {Condition[]} */ (all.filter(Boolean)) });
}

/** @param {Subject} subject */
function codeEditor(subject) {
  const { property, path } = subject;
  const chosen = () => {
    const old = subject.old;
    return old && old.text === undefined ? old.value.split(',').map((it) => it.trim()) : [];
  };
  const choose = (/** @type {string} */ value) => {
    const before = chosen();
    const values = before.includes(value) ? before.filter((it) => it !== value) : [...before, value];
    const any = subject.any || undefined;
    const one = values.length === 1;
    replace(subject, values.length ? { path, op: one ? 'eq' : 'in', value: values.join(','), any } : null);
  };
  const list = h('div', { class: 'codes', role: 'group', 'aria-label': `${path} is` });
  property.codes.forEach(({ value, name }) => {
    const button = h('button', {
      type: 'button', class: 'code', 'aria-pressed': String(chosen().includes(value)),
      onclick: () => {
        choose(value);
        button.setAttribute('aria-pressed', String(chosen().includes(value)));
      },
    }, name, h('span', { class: 'badge' }, value));
    list.append(button);
  });
  return list;
}

/** @param {Popover} popover @param {Subject} subject */
function choiceEditor(popover, subject) {
  const { property, path } = subject;
  const any = subject.any || undefined;
  const choices = [['true', 'yes'], ['false', 'no'], ...(property.nullable ? [['null', 'empty']] : [])];
  return h('div', { class: 'codes' }, choices.map(([value, name]) => h('button', {
    type: 'button', class: 'code',
    'aria-pressed': String(subject.old?.text === undefined && subject.old?.value === value),
    onclick: () => {
      replace(subject, { path, op: 'eq', value, any });
      popover.close();
    },
  }, name)));
}

/** @param {Popover} popover @param {Subject} subject */
function valueEditor(popover, subject) {
  const { property, path, old } = subject;
  const dates = isDate(property.type);
  const names = dates ? DATE_OPERATORS
    : property.type === 'Edm.String' ? pick(['eq', 'ne', 'contains', 'startswith', 'endswith'])
    : isNumber(property.type) ? pick(['eq', 'ne', 'gt', 'ge', 'lt', 'le']) : pick(['eq', 'ne']);
  const usable = subject.any ? Object.entries(names).filter(([op]) => op in pick(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])) : Object.entries(names);
  const select = /** @type {HTMLSelectElement} */ (h('select', { 'aria-label': 'Comparison', onchange: () => showInput() },
    usable.map(([op, name]) => h('option', { value: op }, name)),
    property.nullable && !subject.any && [h('option', { value: 'null' }, 'is empty'), h('option', { value: 'some' }, 'is not empty')]));
  const input = /** @type {HTMLInputElement} */ (h('input', {
    'aria-label': 'Value', type: inputType(property), step: dates ? '1' : 'any', 'data-first': true,
    autocomplete: 'off', spellcheck: 'false',
  }));
  if (old && old.text === undefined) {
    select.value = old.value === 'null' ? (old.op === 'eq' ? 'null' : 'some') : old.op === 'in' ? 'eq' : old.op;
    input.value = fromLiteral(old.value, property);
  }
  const showInput = () => {
    input.hidden = select.value === 'null' || select.value === 'some';
  };
  showInput();
  const any = subject.any || undefined;
  const apply = (/** @type {Event} */ event) => {
    event.preventDefault();
    const nothing = select.value === 'null' || select.value === 'some';
    if (!nothing && input.value === '' && property.type !== 'Edm.String') return;
    replace(subject, nothing
      ? { path, op: select.value === 'null' ? 'eq' : 'ne', value: 'null' }
      : { path, op: select.value, value: toLiteral(input.value, property), any });
    popover.close();
  };
  const values = h('div', { class: 'values' });
  const offer = property.groupable && !dates && !subject.any && h('button', {
    type: 'button', class: 'ghost', onclick: (/** @type {any} */ event) => {
      event.currentTarget.remove();
      offerValues(popover, subject, values);
    },
  }, 'Show its most frequent values');
  return h('form', { class: 'condition', onsubmit: apply },
    h('div', { class: 'condition-line' }, select, input,
      h('button', { type: 'submit', class: 'primary' }, 'Apply')),
    property.type === 'Edm.DateTimeOffset' && h('p', { class: 'quiet' }, `in ${app.local ? localZone() : 'UTC'}`),
    offer, values);
}

/** @param {string[]} ops */
const pick = (ops) => Object.fromEntries(ops.map((op) => [op, OPERATORS[op]]));

/** @param {Property} property */
function inputType({ type }) {
  if (type === 'Edm.DateTimeOffset') return 'datetime-local';
  if (type === 'Edm.Date') return 'date';
  return isNumber(type) ? 'number' : 'text';
}

/** @param {string} text @param {Property} property */
function toLiteral(text, { type }) {
  if (type === 'Edm.String') return quote(text);
  if (type !== 'Edm.DateTimeOffset') return text.trim();
  const whole = text.length === 16 ? `${text}:00` : text;
  return app.local ? new Date(whole).toISOString().replace('.000Z', 'Z') : `${whole}Z`;
}

/** @param {string} literal @param {Property} property */
function fromLiteral(literal, { type }) {
  const text = unquote(literal) ?? literal;
  if (type !== 'Edm.DateTimeOffset') return text;
  const at = new Date(/[zZ]$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(at.getTime())) return '';
  const shifted = new Date(at.getTime() - (app.local ? at.getTimezoneOffset() * 60_000 : 0));
  return shifted.toISOString().slice(0, 19);
}

/** @param {Popover} popover @param {Subject} subject @param {HTMLElement} list */
async function offerValues(popover, subject, list) {
  const { path, property, old } = subject;
  const others = app.query.filter.filter((it) => it !== old);
  const filter = others.length ? `filter(${printConditions(others)})/` : '';
  const url = toUrl({
    ...newQuery(app.query.path),
    apply: `${filter}groupby((${path}),aggregate($count as n))/topcount(12,n)`,
  });
  list.replaceChildren(h('p', { class: 'quiet' }, 'Counting…'));
  try {
    const found = (await readRows(encodeUrl(url), { signal: AbortSignal.timeout(10_000) })).rows;
    const valueAt = (/** @type {any} */ row) => path.split('/').reduce((at, step) => at?.[step], row);
    found.sort((a, b) => Number(b.n) - Number(a.n));
    list.replaceChildren(...found.map((row) => {
      const value = valueAt(row);
      const empty = value === null || value === undefined;
      return h('button', {
        type: 'button', class: 'value', onclick: () => {
          const literal = empty ? 'null' : property.type === 'Edm.String' ? quote(String(value)) : String(value);
          replace(subject, { path, op: 'eq', value: literal });
          popover.close();
        },
      }, h('span', { class: 'value-text' }, empty ? '(empty)' : String(value).slice(0, 200) || '(no text)'),
        h('span', { class: 'badge' }, count(Number(row.n))));
    }));
    list.querySelector('button')?.focus();
  } catch {
    list.replaceChildren(h('p', { class: 'quiet' }, `Counting the values of ${target()?.type.name ?? path} took too long`));
  }
}
