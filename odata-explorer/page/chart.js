// Groups to what a chart shows: one axis, one or more series, numbers.

import { groupColumns } from './apply.js';
import { aggregatePhrase, groupPhrase } from './phrases.js';

/** @typedef {import('./query.js').Query} Query */
/** @typedef {import('./query.js').Group} Group */
/** @typedef {import('./model.js').Property} Property */
/** @typedef {{name: string, values: (number | null)[]}} Series */
/** @typedef {{title: string, axis: string, split: string, labels: string[], series: Series[], all: Series[], ordered: boolean, additive: boolean, note: string}} Chart `all`: those too that have no colour of their own */

const MOST_SERIES = 10;
const MOST_NAMES = 400;
// Four years of days.
const MOST_TIMES = 1500;
const MOST_CELLS = 60_000;

/**
 * @param {any[]} rows
 * @param {Query} query
 * @param {string} measure the column of numbers
 * @param {(path: string) => Property | null} propertyOf
 * @returns {Chart | null}
 */
export function chartOf(rows, query, measure, propertyOf) {
  const aggregate = query.aggregate.find((it) => it.as === measure);
  const additive = !aggregate || aggregate.method === '' || aggregate.method === 'sum';
  const groups = [...query.group];
  const time = groups.find((it) => it.part);
  const distinct = (/** @type {Group} */ it) => new Set(rows.map((row) => labelOf(row, it, propertyOf))).size;
  // Time goes along the axis; else what has the most values.
  const axis = time ?? groups.sort((a, b) => distinct(b) - distinct(a))[0];
  const others = query.group.filter((it) => it !== axis);
  /** @type {Map<string, Map<string, number>>} */
  const table = new Map();
  /** @type {Set<string>} */
  const labels = new Set();
  for (const row of rows) {
    const value = row[measure] === null || row[measure] === undefined ? NaN : Number(row[measure]);
    const label = axis ? labelOf(row, axis, propertyOf) : 'all';
    const name = others.length ? others.map((it) => labelOf(row, it, propertyOf)).join(', ') : measure;
    labels.add(label);
    const series = table.get(name) ?? new Map();
    const before = series.get(label);
    series.set(label, additive && before !== undefined ? before + value : value);
    table.set(name, series);
  }
  if (!labels.size) return null;
  const ordered = !!axis?.part;
  const all = ordered ? filled([...labels].sort(), axis?.part ?? '') : [...labels];
  // What is latest is asked for most.
  const shown = ordered ? all.slice(-MOST_TIMES) : all.slice(0, MOST_NAMES);
  const notes = [];
  if (shown.length < all.length) notes.push(`the ${ordered ? 'last' : 'first'} ${shown.length} of ${all.length}`);
  const series = [...table].map(([name, values]) => ({
    name, values: shown.map((label) => at(values, label, additive && ordered)),
  }));
  const total = (/** @type {Series} */ it) => it.values.reduce((/** @type {number} */ sum, value) => sum + (value ?? 0), 0);
  if (others.length) series.sort((a, b) => total(b) - total(a));
  let kept = series;
  if (series.length > MOST_SERIES) {
    const rest = series.slice(MOST_SERIES - 1);
    kept = series.slice(0, additive ? MOST_SERIES - 1 : MOST_SERIES);
    if (additive) {
      kept.push({
        name: `${rest.length} others`,
        values: shown.map((_, n) => rest.reduce((sum, it) => sum + (it.values[n] ?? 0), 0)),
      });
    } else {
      notes.push(`${MOST_SERIES} of ${series.length} series`);
    }
  }
  const lines = Math.max(MOST_SERIES, Math.floor(MOST_CELLS / shown.length));
  if (series.length > lines) notes.push(`${lines} of ${series.length} series in the table below`);
  const by = query.group.map(groupPhrase).join(' and ');
  return {
    title: `${aggregate ? aggregatePhrase(aggregate) : measure}${by && ` per ${by}`}`, axis: axis ? groupPhrase(axis) : '', split: others.map(groupPhrase).join(', '),
    labels: shown, series: kept,
    all: series.slice(0, lines),
    ordered, additive, note: notes.join(', '),
  };
}

/** @param {Map<string, number>} values @param {string} label @param {boolean} zero */
function at(values, label, zero) {
  const value = values.get(label);
  if (value === undefined) return zero ? 0 : null;
  return Number.isFinite(value) ? value : null;
}

/** @param {any} row @param {Group} group @param {(path: string) => Property | null} propertyOf */
function labelOf(row, group, propertyOf) {
  const values = groupColumns(group).map((path) =>
    path.split('/').reduce((value, step) => (value === null || value === undefined ? value : value[step]), row));
  if (values.some((value) => value === null || value === undefined)) return '(none)';
  if (group.part) return values.map((value) => String(value).padStart(2, '0')).join('-');
  const text = String(values[0]);
  return propertyOf(group.path)?.codes.find((it) => it.value === text)?.name ?? (text.slice(0, 120) || '(no text)');
}

/** The times between those that are there, unless they are too far apart. @param {string[]} labels @param {string} part */
function filled(labels, part) {
  const known = labels.filter((label) => label !== '(none)');
  const rest = labels.filter((label) => label === '(none)');
  if (!known.length) return labels;
  const all = [];
  const last = known[known.length - 1];
  for (let label = part === 'hour' ? '00' : known[0]; label <= (part === 'hour' ? '23' : last); ) {
    if (all.length > MOST_TIMES) return labels;
    all.push(label);
    label = following(label, part);
  }
  return [...all, ...rest];
}

/** @param {string} label @param {string} part */
function following(label, part) {
  if (part === 'year') return String(Number(label) + 1).padStart(label.length, '0');
  if (part === 'hour') return String(Number(label) + 1).padStart(2, '0');
  if (part === 'month') {
    const [year, month] = label.split('-').map(Number);
    return month >= 12 ? `${String(year + 1).padStart(4, '0')}-01` : `${String(year).padStart(4, '0')}-${String(month + 1).padStart(2, '0')}`;
  }
  const day = new Date(`${label}T00:00:00Z`);
  return Number.isNaN(day.getTime()) ? '\uffff' : new Date(day.getTime() + 86_400_000).toISOString().slice(0, 10);
}

/** Round numbers from zero, or from below it. @param {number} least @param {number} most @param {number} about */
export function ticks(least, most, about) {
  const span = most - least || 1;
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((it) => it * power).find((it) => it >= rough) ?? 10 * power;
  const all = [];
  for (let value = Math.floor(least / step) * step; value < most + step * 0.999; value += step) {
    all.push(Math.abs(value) < step / 1e6 ? 0 : value);
  }
  return all;
}
