// A chart as SVG: bars along the time or along names, lines, and the numbers behind it as a table.

import { ticks } from './chart.js';
import { h, s } from './dom.js';
import { shortNumber } from './format.js';

/** @typedef {import('./chart.js').Chart} Chart */
/** @typedef {{kind: 'bars' | 'lines'}} Look */

const BAR = 26;

/**
 * @param {HTMLElement} element
 * @param {Chart} chart
 * @param {Look} look
 */
export function plot(element, chart, look) {
  const tip = h('div', { class: 'tip', role: 'status' });
  const hidden = new Set();
  const stands = () => chart.ordered || look.kind === 'lines';
  // Bars that lie are as high as there are names; others fill what there is.
  const holder = h('div', { class: stands() ? 'plot' : 'plot lying' });
  const draw = () => {
    const visible = chart.series.filter((it) => !hidden.has(it.name));
    const width = Math.max(280, holder.clientWidth);
    const svg = stands()
      ? upright(chart, visible, look, width, Math.max(230, holder.clientHeight), tell)
      : lying(chart, visible, width, tell);
    holder.replaceChildren(svg, tip);
  };
  const tell = (/** @type {number | null} */ at, /** @type {number} */ x, /** @type {number} */ y) => {
    tip.classList.toggle('on', at !== null);
    if (at === null) return;
    const shown = chart.series.map((it, n) => ({ it, n })).filter(({ it }) => !hidden.has(it.name) && it.values[at] !== null);
    tip.replaceChildren(h('strong', null, chart.labels[at]), ...shown.map(({ it, n }) =>
      h('div', null, chart.series.length > 1 && h('i', { class: `swatch s${n}` }), `${it.name} `, h('b', null, shortNumber(it.values[at] ?? 0)))));
    tip.style.left = `${Math.min(x + 14, holder.clientWidth - 190)}px`;
    tip.style.top = `${Math.max(4, y - 10)}px`;
  };
  let at = -1;
  const focusable = h('div', {
    class: 'plot-box', tabindex: '0', role: 'group',
    'aria-label': `Chart: ${chart.title}. The arrow keys read its values; the table below has all of them.`,
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      at = Math.max(0, Math.min(at + step, chart.labels.length - 1));
      const mark = holder.querySelector(`[data-at="${at}"]`);
      const box = mark?.getBoundingClientRect();
      const base = holder.getBoundingClientRect();
      if (!chart.ordered && mark) mark.scrollIntoView({ block: 'nearest' });
      tell(at, (box?.left ?? 0) - base.left + (box?.width ?? 0), (box?.top ?? 0) - base.top + 20);
    },
    onblur: () => tell(null, 0, 0),
  }, holder);
  const legend = chart.series.length > 1 && h('div', { class: 'legend', role: 'group', 'aria-label': 'Series' },
    chart.series.map((it, n) => {
      const button = h('button', {
        type: 'button', 'aria-pressed': 'true', onclick: () => {
          if (hidden.has(it.name)) hidden.delete(it.name);
          else hidden.add(it.name);
          button.setAttribute('aria-pressed', String(!hidden.has(it.name)));
          draw();
        },
      }, h('i', { class: `swatch s${n}` }), it.name);
      return button;
    }));
  element.replaceChildren(
    h('figure', null, h('figcaption', null, h('strong', null, chart.title), chart.note && h('span', { class: 'quiet' }, ` ${chart.note}`)),
      legend || '', focusable), numbers(chart));
  draw();
  const observer = new ResizeObserver(() => (holder.isConnected ? draw() : observer.disconnect()));
  observer.observe(focusable);
}

const pen = document.createElement('canvas').getContext('2d');

/** How wide the longest of these texts is. @param {string[]} texts */
function widest(texts) {
  if (!pen) return 0;
  pen.font = `12.5px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(0, ...texts.map((text) => pen.measureText(text).width));
}

/** @typedef {(at: number | null, x: number, y: number) => void} Tell */

/**
 * Bars or lines along an axis of time.
 * @param {Chart} chart
 * @param {import('./chart.js').Series[]} visible
 * @param {Look} look
 * @param {number} width
 * @param {number} height
 * @param {Tell} tell
 */
function upright(chart, visible, look, width, height, tell) {
  const { labels } = chart;
  const stacked = look.kind === 'bars' && chart.additive;
  const totals = labels.map((_, n) => visible.reduce((sum, it) => sum + (it.values[n] ?? 0), 0));
  const values = stacked ? totals : visible.flatMap((it) => it.values.map((value) => value ?? 0));
  const marks = ticks(Math.min(0, ...values), Math.max(...values, 0), 5);
  const [low, high] = [marks[0], marks[marks.length - 1]];
  const left = widest(marks.map(shortNumber)) + 14;
  const [top, bottom, right] = [8, 26, 8];
  const y = (/** @type {number} */ value) => top + (height - top - bottom) * (1 - (value - low) / (high - low || 1));
  const slot = (width - left - right) / labels.length;
  const x = (/** @type {number} */ n) => left + slot * n;
  const room = widest(labels);
  const every = Math.ceil((room + 12) / slot);
  // The first and the last label stay inside the picture.
  const middle = (/** @type {number} */ n) => Math.max(room / 2, Math.min(x(n) + slot / 2, width - room / 2));
  const svg = picture(chart, width, height);
  svg.append(
    s('g', { class: 'axis' }, marks.map((mark) => [
      s('line', { x1: left, x2: width - right, y1: y(mark), y2: y(mark) }),
      s('text', { x: left - 8, y: y(mark) + 4, 'text-anchor': 'end' }, shortNumber(mark)),
    ]).flat(), labels.map((label, n) => n % every === 0 &&
      s('text', { x: middle(n), y: height - 8, 'text-anchor': 'middle' }, label))));
  const gap = Math.min(slot * 0.2, 8);
  if (look.kind === 'lines') {
    for (const it of visible) {
      const n = chart.series.indexOf(it);
      const points = it.values.map((value, at) => (value === null ? null : `${x(at) + slot / 2},${y(value)}`));
      svg.append(s('path', { class: `line s${n}`, d: linePath(points) }));
      if (labels.length <= 60) svg.append(s('g', { class: `dots s${n}` }, points.map((point) => point &&
        s('circle', { cx: point.split(',')[0], cy: point.split(',')[1], r: 2.6 }))));
    }
  } else {
    labels.forEach((_, at) => {
      let base = 0;
      visible.forEach((it, order) => {
        const value = it.values[at];
        if (value === null || value === 0) return;
        const from = stacked ? base : 0;
        base += value;
        const wide = (slot - gap) / (stacked ? 1 : visible.length);
        svg.append(s('rect', {
          class: `bar s${chart.series.indexOf(it)}`, x: x(at) + gap / 2 + (stacked ? 0 : wide * order), width: Math.max(0.5, wide),
          y: Math.min(y(from), y(from + value)), height: Math.abs(y(from) - y(from + value)),
        }));
      });
    });
  }
  labels.forEach((_, at) => svg.append(s('rect', {
    class: 'slot', 'data-at': at, x: x(at), y: top, width: slot, height: height - top - bottom,
    onpointermove: (/** @type {PointerEvent} */ event) => tell(at, event.offsetX, event.offsetY),
    onpointerleave: () => tell(null, 0, 0),
  })));
  return svg;
}

/** @param {(string | null)[]} points */
function linePath(points) {
  let pen = 'M';
  return points.map((point) => {
    if (!point) {
      pen = 'M';
      return '';
    }
    const step = `${pen}${point}`;
    pen = 'L';
    return step;
  }).join('');
}

/**
 * Bars beside names.
 * @param {Chart} chart
 * @param {import('./chart.js').Series[]} visible
 * @param {number} width
 * @param {Tell} tell
 */
function lying(chart, visible, width, tell) {
  const { labels } = chart;
  const totals = labels.map((_, n) => visible.reduce((sum, it) => sum + (it.values[n] ?? 0), 0));
  const stacked = chart.additive;
  const values = stacked ? totals : visible.flatMap((it) => it.values.map((value) => value ?? 0));
  const most = Math.max(...values, 0) || 1;
  const longest = widest(labels);
  const left = Math.min(longest + 16, width * 0.42);
  const right = widest(values.map(shortNumber)) + 14;
  const height = labels.length * BAR + 6;
  const x = (/** @type {number} */ value) => (Math.max(0, value) / most) * (width - left - right);
  const svg = picture(chart, width, height);
  // Names that are too long end in dots; the table below has them whole.
  const room = left - 16;
  labels.forEach((label, at) => {
    const y = at * BAR + 4;
    const wide = widest([label]);
    const cut = wide > room ? `${label.slice(0, Math.max(1, Math.floor((label.length * room) / wide) - 1))}…` : label;
    svg.append(s('text', { class: 'name', x: left - 8, y: y + 15, 'text-anchor': 'end' }, cut));
    let base = 0;
    visible.forEach((it, order) => {
      const value = it.values[at] ?? 0;
      const thick = stacked ? BAR - 8 : (BAR - 6) / visible.length;
      svg.append(s('rect', {
        class: `bar s${chart.series.indexOf(it)}`, x: left + (stacked ? x(base) : 0), width: Math.max(0.5, x(value)),
        y: stacked ? y + 1 : y + thick * order, height: thick, rx: stacked ? 0 : 1,
      }));
      base += value;
    });
    const end = stacked ? totals[at] : Math.max(...visible.map((it) => it.values[at] ?? 0), 0);
    svg.append(s('text', { class: 'value', x: left + x(end) + 6, y: y + 15 }, shortNumber(end)));
    svg.append(s('rect', {
      class: 'slot', 'data-at': at, x: 0, width, y: y - 3, height: BAR,
      onpointermove: (/** @type {PointerEvent} */ event) => tell(at, event.offsetX, event.offsetY),
      onpointerleave: () => tell(null, 0, 0),
    }));
  });
  return svg;
}

/** @param {Chart} chart @param {number} width @param {number} height */
const picture = (chart, width, height) => s('svg', {
  width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': chart.title,
});

/** @param {Chart} chart */
function numbers(chart) {
  // Time goes to the right, as in the picture.
  const turned = chart.ordered && chart.all.length > 1;
  const [columns, lines] = turned
    ? [chart.labels, chart.all]
    : [chart.all.map((it) => it.name), chart.labels.map((name, n) => ({ name, values: chart.all.map((it) => it.values[n]) }))];
  return h('div', { class: 'numbers', tabindex: '0', role: 'region', 'aria-label': 'The numbers of the chart' },
    h('table', { id: 'numbers' },
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, turned ? chart.split : chart.axis), columns.map((it) => h('th', { scope: 'col' }, it)))),
      h('tbody', null, lines.map(({ name, values }) => h('tr', null, h('th', { scope: 'row' }, name),
        values.map((value) => h('td', null, value === null ? '' : shortNumber(value))))))));
}
