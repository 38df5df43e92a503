// A table of any length in a constant number of elements: rows that leave the window show others.

import { app } from './app.js';
import { $, h, icon } from './dom.js';
import { cellText, valueOf } from './format.js';

/** @typedef {import('./format.js').Column} Column */
/** @typedef {{columns: Column[], rows: any[], sorted: (key: string) => 'ascending' | 'descending' | null,
 *   onHeader: (anchor: HTMLElement, key: string) => void, onOpen: (index: number) => void,
 *   onEnd: () => void}} Content */

const ROW = 30;
// A browser's elements end at some millions of pixels.
const HIGHEST = 15_000_000;
const MARGIN = 6;

/** @type {Content} */
let content = { columns: [], rows: [], sorted: () => null, onHeader: () => {}, onOpen: () => {}, onEnd: () => {} };
/** @type {HTMLElement[]} */
let pool = [];
/** @type {number[]} which row each element of the pool shows */
let shown = [];
let active = 0;

export function startTable() {
  const grid = $('grid');
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawRows();
    });
  };
  grid.addEventListener('scroll', later, { passive: true });
  new ResizeObserver(() => {
    makePool();
    drawRows();
  }).observe(grid);
  grid.addEventListener('keydown', keys);
  grid.addEventListener('focus', () => mark(active, false));
  grid.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    const row = /** @type {Element} */ (event.target).closest('[data-row]');
    if (!row || String(getSelection())) return;
    mark(Number(row.getAttribute('data-row')), false);
    content.onOpen(active);
  });
}

/** How many rows the table can hold. */
export const MOST_ROWS = Math.floor(HIGHEST / ROW);

/** @param {Content} next */
export function showTable(next) {
  content = next;
  active = 0;
  drawHead();
  $('grid-body').replaceChildren();
  pool = [];
  shown = [];
  $('grid').scrollTop = 0;
  $('grid').scrollLeft = 0;
  moreRows();
}

/** There are more rows than before, or they look different. */
export function moreRows() {
  const { rows, columns } = content;
  const grid = $('grid');
  $('grid-body').style.height = `${rows.length * ROW}px`;
  grid.setAttribute('aria-rowcount', String(rows.length + 1));
  grid.setAttribute('aria-colcount', String(columns.length));
  shown = [];
  makePool();
  drawRows();
}

export function drawHead() {
  const { columns, rows, sorted } = content;
  const widths = columns.map((column) => widthOf(column, rows));
  $('grid').style.setProperty('--columns', widths.map((width) => `${width}px`).join(' '));
  $('grid').style.setProperty('--width', `${widths.reduce((sum, width) => sum + width, 0)}px`);
  $('grid-head').replaceChildren(h('div', { class: 'grid-row', role: 'row', 'aria-rowindex': '1' },
    columns.map((column) => {
      const way = sorted(column.key);
      return h('div', { role: 'columnheader', class: `cell ${column.align}`, 'aria-sort': way },
        h('button', {
          type: 'button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false',
          onclick: (/** @type {any} */ event) => content.onHeader(event.currentTarget, column.key),
        }, h('span', null, column.key), way && h('span', { class: 'way', 'aria-hidden': 'true' }, way === 'ascending' ? '↑' : '↓'), icon('down')));
    })));
}

/** @param {Column} column @param {any[]} rows */
function widthOf(column, rows) {
  const lengths = rows.slice(0, 60).map((row) => cellText(valueOf(row, column), column.property, app.local).length);
  lengths.sort((a, b) => a - b);
  const usual = lengths[Math.floor(lengths.length * 0.9)] ?? 0;
  return Math.round(Math.min(340, Math.max(72, column.key.length * 7.3 + 46, usual * 7.6 + 26)));
}

function makePool() {
  const { columns } = content;
  const wanted = columns.length ? Math.ceil($('grid').clientHeight / ROW) + 2 * MARGIN : 0;
  while (pool.length < wanted) {
    const row = h('div', { class: 'grid-row', role: 'row', id: `row-${pool.length}` },
      columns.map(({ align }) => {
        const cell = h('div', { role: 'gridcell', class: `cell ${align}` });
        cell.append(document.createTextNode(''));
        return cell;
      }));
    row.hidden = true;
    pool.push(row);
    $('grid-body').append(row);
  }
  for (const row of pool.splice(wanted)) row.remove();
  shown = [];
}

function drawRows() {
  const { rows, columns } = content;
  const grid = $('grid');
  if (!pool.length) return;
  const first = Math.max(0, Math.floor(grid.scrollTop / ROW) - MARGIN);
  for (let n = 0; n < pool.length; n++) {
    // An element keeps its row while that is in the window.
    const index = first + ((n - (first % pool.length) + pool.length) % pool.length);
    const element = pool[n];
    const there = index < rows.length;
    if (element.hidden === there) element.hidden = !there;
    if (!there || shown[n] === index) continue;
    shown[n] = index;
    element.style.transform = `translateY(${index * ROW}px)`;
    element.setAttribute('aria-rowindex', String(index + 2));
    element.setAttribute('data-row', String(index));
    element.classList.toggle('odd', index % 2 === 1);
    element.setAttribute('aria-selected', String(index === active));
    columns.forEach((column, at) => drawCell(/** @type {HTMLElement} */ (element.children[at]), column, rows[index]));
  }
  if (first + pool.length + 40 >= rows.length) content.onEnd();
}

/** @param {HTMLElement} cell @param {Column} column @param {any} row */
function drawCell(cell, column, row) {
  const value = valueOf(row, column);
  const nothing = value === null || value === undefined;
  const text = nothing ? '—' : cellText(value, column.property, app.local);
  const node = /** @type {Text} */ (cell.firstChild);
  if (node.data !== text) node.data = text;
  cell.classList.toggle('null', nothing);
}

/** @param {number} index @param {boolean} scroll */
function mark(index, scroll) {
  const { rows } = content;
  active = Math.max(0, Math.min(index, rows.length - 1));
  const grid = $('grid');
  if (scroll) {
    const top = active * ROW;
    const head = $('grid-head').offsetHeight;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + ROW + head > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + ROW + head - grid.clientHeight + 12;
    drawRows();
  }
  shown.forEach((row, n) => pool[n].setAttribute('aria-selected', String(row === active)));
  const at = shown.indexOf(active);
  if (at >= 0) grid.setAttribute('aria-activedescendant', pool[at].id);
}

/** @param {KeyboardEvent} event */
function keys(event) {
  if (event.target !== $('grid') || event.ctrlKey || event.metaKey || event.altKey) return;
  const page = Math.max(1, Math.floor($('grid').clientHeight / ROW) - 2);
  /** @type {Record<string, number>} */
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  if (event.key in steps) {
    const to = active + steps[event.key];
    mark(to === Infinity ? content.rows.length - 1 : to === -Infinity ? 0 : to, true);
  } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
    $('grid').scrollLeft += event.key === 'ArrowRight' ? 120 : -120;
  } else if (event.key === 'Enter' && content.rows.length) {
    content.onOpen(active);
  } else {
    return;
  }
  event.preventDefault();
}

/** Shows a row as the active one. @param {number} index */
export function goToRow(index) {
  mark(index, true);
}
