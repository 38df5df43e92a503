// The answer: rows page after page, the chart of groups, the same as JSON, and how it is going.

import { app, emit, on, propertyOf, target } from './app.js';
import { ServiceError, readRows } from './api.js';
import { blame, forget } from './address.js';
import { chartOf } from './chart.js';
import { propertyMenu } from './choices.js';
import { countRows, countText } from './counts.js';
import { hideDetail, showDetail } from './detail.js';
import { $, announce, h } from './dom.js';
import { columnsOf, count, localZone } from './format.js';
import { jsonTree } from './json.js';
import { plot } from './plot.js';
import { isGrouped } from './query.js';
import { MOST_ROWS, drawHead, moreRows, showTable } from './table.js';
import { encodeUrl } from './text.js';

/** @typedef {'table' | 'chart' | 'json'} View */

// The first page is there at once; who reads on gets more at a time.
const PAGES = [200, 2000, 10_000];

const result = {
  /** @type {any[]} */
  rows: [],
  /** @type {string | null} */
  next: null,
  pages: 0,
  milliseconds: 0,
  /** @type {string | null} a plain text, where that is the answer */
  text: null,
  single: false,
  failed: false,
  /** @type {string} how many there are in all, as far as it is known */
  total: '',
  reading: false,
  jsonRows: 50,
};
/** @type {AbortController | null} */
let running = null;
/** What somebody chose to see: of rows, of groups. @type {Record<string, View>} */
const chosen = { rows: 'table', groups: 'chart' };
/** @type {{kind: 'bars' | 'lines', measure: string}} */
const look = { kind: 'bars', measure: '' };

export function startResults() {
  on('run', run);
  on('time', () => {
    if ($('zone').textContent) drawHead();
    moreRows();
    drawZone();
  });
  for (const view of /** @type {View[]} */ (['table', 'chart', 'json'])) {
    $(`view-${view}`).addEventListener('click', () => {
      chosen[isGrouped(app.query) ? 'groups' : 'rows'] = view;
      drawView();
    });
  }
  $('zone').addEventListener('click', () => {
    app.local = !app.local;
    emit('time');
  });
  drawZone();
}

function drawZone() {
  $('zone').textContent = app.local ? 'Local' : 'UTC';
  $('zone').setAttribute('aria-label', app.local ? `Times in ${localZone()}; show UTC` : 'Times in UTC; show local times');
}

/** Stops what is being read. */
export function stop() {
  running?.abort();
  running = null;
  busy(false);
}

/** @param {boolean} is */
function busy(is) {
  result.reading = is;
  $('progress').hidden = !is;
  $('results').setAttribute('aria-busy', String(is));
}

async function run() {
  stop();
  hideDetail();
  forget();
  if (!app.text.trim()) return emit('home');
  const mine = new AbortController();
  running = mine;
  busy(true);
  if ($('result-bar').hidden) {
    show('message', h('p', { class: 'quiet' }, 'Asking the service…'));
    $('status').textContent = '';
  }
  const started = performance.now();
  const grouped = isGrouped(app.query) || !!app.query.apply;
  try {
    const page = await readRows(encodeUrl(app.text), {
      pageSize: grouped ? undefined : PAGES[0], signal: mine.signal,
    });
    if (running !== mine) return;
    Object.assign(result, {
      rows: page.rows, next: page.next, text: page.text, single: page.single, pages: 1, jsonRows: 50, failed: false,
      total: page.next ? '' : count(page.rows.length), milliseconds: Math.round(performance.now() - started),
    });
    busy(false);
    draw();
    announce(`${statusText()}`);
    if (page.next) lazyCount(mine.signal);
  } catch (error) {
    if (running !== mine) return;
    busy(false);
    refused(error);
  }
}

/** @param {unknown} error */
function refused(error) {
  if (!(error instanceof ServiceError)) {
    if (/** @type {Error} */ (error)?.name === 'AbortError') return;
    throw error;
  }
  result.rows = [];
  result.next = null;
  result.failed = true;
  for (const view of ['table', 'chart', 'json']) $(`view-${view}`).disabled = true;
  if (error.status === 401 || error.status === 403) {
    show('message', h('h2', null, error.status === 401 ? 'An access token is needed' : 'This token may not ask'),
      h('p', null, error.message));
    emit('token');
    return;
  }
  blame(error);
  $('status').textContent = '';
  show('message', h('h2', null, error.status ? `The service says no (${error.status})` : 'No answer'),
    h('p', { class: 'quiet' }, error.position === null && !error.target ? error.message : 'What is wrong is said below the address line, and underlined in it.'));
}

/** @param {AbortSignal} signal */
async function lazyCount(signal) {
  await countRows(app.query, (found) => {
    if (signal.aborted) return;
    result.total = countText(found);
    drawStatus();
  }, signal);
}

/** @param {string} id @param {...(Node | false)} content */
function show(id, ...content) {
  for (const other of ['grid', 'chart', 'json', 'message', 'home']) $(other).hidden = other !== id;
  $('result-bar').hidden = id === 'home';
  if (content.length) $(id).replaceChildren(...content.filter(Boolean));
}

/** Takes every row out of the page. */
export function forgetRows() {
  stop();
  hideDetail();
  result.rows = [];
  result.next = null;
  showTable({ columns: [], rows: [], sorted: () => null, onHeader: () => {}, onOpen: () => {}, onEnd: () => {} });
  for (const id of ['chart', 'json', 'message']) $(id).replaceChildren();
}

/** Shows the home page. @param {Node[]} content */
export function showHome(content) {
  result.rows = [];
  show('home', ...content);
}

function draw() {
  const found = columnsOf(result.rows, propertyOf);
  const declared = new Set(target()?.type.properties.map((it) => it.name));
  const own = isGrouped(app.query) ? found : found.filter((it) => declared.has(it.key));
  // What was asked for beyond the collection's own properties stands where it is seen.
  const columns = [...own.slice(0, 1), ...found.filter((it) => !own.includes(it)), ...own.slice(1)];
  const { orderby } = app.query;
  showTable({
    columns, rows: result.rows,
    sorted: (key) => {
      const found = orderby.find((it) => it.path === key);
      return found ? (found.desc ? 'descending' : 'ascending') : null;
    },
    onHeader: propertyMenu,
    onOpen: (index) => showDetail(result.rows, index),
    onEnd: readOn,
  });
  drawView();
}

/** Reads the next page. */
async function readOn() {
  const mine = running;
  if (!result.next || result.reading || !mine) return;
  if (result.rows.length >= MOST_ROWS) {
    result.next = null;
    result.total = `the table ends here; the CSV has all`;
    drawStatus();
    return;
  }
  busy(true);
  try {
    const pageSize = PAGES[Math.min(result.pages, PAGES.length - 1)];
    const page = await readRows(result.next, { pageSize, signal: mine.signal });
    if (running !== mine) return;
    for (const row of page.rows) result.rows.push(row);
    result.next = page.next;
    result.pages++;
    if (!page.next) result.total = count(result.rows.length);
    busy(false);
    moreRows();
    drawStatus();
  } catch (error) {
    if (running !== mine) return;
    busy(false);
    result.next = null;
    result.total = `stopped: ${/** @type {Error} */ (error).message}`;
    drawStatus();
  }
}

function statusText() {
  if (result.text !== null) return 'a plain text,';
  const n = count(result.rows.length);
  const kind = isGrouped(app.query) ? 'group' : 'row';
  const plural = result.rows.length === 1 && !result.next ? kind : `${kind}s`;
  return result.next ? `${n} of ${result.total || '…'} ${plural}` : `${result.total || n} ${plural}`;
}

function drawStatus() {
  $('status').replaceChildren(statusText(), h('span', { class: 'quiet' }, ` ${result.milliseconds} ms`));
}

function drawView() {
  // What is said about a failure stays until something is asked again.
  if (result.failed) return;
  const grouped = isGrouped(app.query);
  const measures = app.query.aggregate.map((it) => it.as).filter(Boolean);
  const chartable = grouped && measures.length > 0 && result.rows.length > 0;
  $('view-table').disabled = $('view-json').disabled = false;
  $('view-chart').disabled = !chartable;
  let view = chosen[grouped ? 'groups' : 'rows'];
  if (view === 'chart' && !chartable) view = 'table';
  for (const other of ['table', 'chart', 'json']) $(`view-${other}`).setAttribute('aria-pressed', String(other === view));
  drawStatus();
  if (result.text !== null) {
    show('message', h('p', { class: 'plain-answer' }, result.text.slice(0, 100_000)));
  } else if (!result.rows.length) {
    const filtered = app.query.filter.length > 0;
    show('message', h('h2', null, result.single ? 'Nothing' : 'No rows'), h('p', { class: 'quiet' },
      result.single ? 'It leads nowhere (204).' : filtered ? 'Nothing fulfils all of the conditions; take one away.' : 'The collection is empty for this token.'));
  } else if (view === 'chart') {
    drawChart(measures);
  } else if (view === 'json') {
    drawJson();
  } else {
    show('grid');
    moreRows();
  }
}

/** @param {string[]} measures */
function drawChart(measures) {
  if (!measures.includes(look.measure)) look.measure = measures[0];
  const chart = chartOf(result.rows, app.query, look.measure, propertyOf);
  if (!chart) return show('message', h('p', null, 'There is nothing to draw.'));
  const choose = (/** @type {'bars' | 'lines'} */ kind, /** @type {string} */ label) => h('button', {
    type: 'button', 'aria-pressed': String(look.kind === kind), onclick: () => {
      look.kind = kind;
      drawChart(measures);
      /** @type {HTMLElement} */ ($('chart').querySelector('.segmented [aria-pressed="true"]')).focus();
    },
  }, label);
  const select = measures.length > 1 && /** @type {HTMLSelectElement} */ (h('select', {
    'aria-label': 'What is drawn', onchange: (/** @type {any} */ event) => {
      look.measure = event.target.value;
      drawChart(measures);
    },
  }, measures.map((it) => h('option', { value: it, selected: it === look.measure }, it))));
  const body = h('div', { class: 'chart-body' });
  show('chart', h('div', { class: 'chart-bar' },
    h('div', { class: 'segmented', role: 'group', 'aria-label': 'Kind of chart' }, choose('bars', 'Bars'), choose('lines', 'Lines')),
    select, app.query.group.some((it) => it.part) && h('span', { class: 'quiet' }, 'times in UTC')), body);
  plot(body, chart, look);
}

function drawJson() {
  const shown = result.rows.slice(0, result.jsonRows);
  show('json', ...shown.map((row, n) => jsonTree(row, { name: String(n), open: n < 3 ? 1 : 0, path: '' })),
    result.rows.length > shown.length && h('button', {
      type: 'button', class: 'ghost', onclick: () => {
        result.jsonRows += 100;
        drawJson();
      },
    }, `Show more of the ${count(result.rows.length)} rows that are read`));
}

/** What a download is called. */
export const resultName = () => target()?.type.name ?? 'result';

