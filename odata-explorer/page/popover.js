// What opens beside a button: a panel in the top layer, closed by Escape or a click elsewhere.

import { h, icon } from './dom.js';

/** @typedef {{close: () => void, show: (...content: Node[]) => void, element: HTMLElement}} Popover */

/** @type {{anchor: Element, close: () => void} | null} */
let opened = null;

/**
 * @param {HTMLElement} anchor
 * @param {string} label
 * @param {(popover: Popover) => Node | Node[]} content
 * @param {{wide?: boolean}} [options]
 * @returns {Popover | null}
 */
export function openPopover(anchor, label, content, { wide = false } = {}) {
  if (opened?.anchor === anchor) {
    opened.close();
    return null;
  }
  opened?.close();
  const element = h('div', {
    popover: 'manual', role: 'dialog', 'aria-label': label, class: wide ? 'popover wide' : 'popover',
  });
  const close = () => {
    if (opened?.close !== close) return;
    opened = null;
    document.removeEventListener('pointerdown', outside, true);
    const had = element.contains(document.activeElement);
    element.remove();
    anchor.setAttribute('aria-expanded', 'false');
    if (had) backTo(anchor);
  };
  /** @param {Event} event */
  const outside = (event) => {
    const target = /** @type {Node} */ (event.target);
    if (!element.contains(target) && !anchor.contains(target)) close();
  };
  /** @type {Popover} */
  const popover = {
    close,
    element,
    show: (...nodes) => {
      element.replaceChildren(...nodes);
      place(element, anchor);
      focusFirst(element);
    },
  };
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') {
      keepInside(event, element);
    }
  });
  element.append(...[content(popover)].flat());
  document.body.append(element);
  element.showPopover();
  opened = { anchor, close };
  anchor.setAttribute('aria-expanded', 'true');
  document.addEventListener('pointerdown', outside, true);
  place(element, anchor);
  focusFirst(element);
  return popover;
}

export function closePopover() {
  opened?.close();
}

/** The button may have been made anew meanwhile. @param {Element} anchor */
function backTo(anchor) {
  const part = anchor.closest('[data-part]')?.getAttribute('data-part');
  const stand = anchor.isConnected ? anchor : document.querySelector(`[data-part="${part}"] button`);
  /** @type {HTMLElement | null} */ (stand)?.focus();
}

/** @param {HTMLElement} element @param {HTMLElement} anchor */
function place(element, anchor) {
  const at = anchor.isConnected ? anchor.getBoundingClientRect() : null;
  if (!at) return;
  const { innerWidth, innerHeight } = window;
  const left = Math.max(8, Math.min(at.left, innerWidth - element.offsetWidth - 8));
  const top = Math.max(8, Math.min(at.bottom + 6, innerHeight - 180));
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
  element.style.maxHeight = `${innerHeight - top - 12}px`;
}

const FOCUSABLE = 'input:not([disabled]), select, textarea, button:not([disabled])';

/** @param {HTMLElement} element */
function focusFirst(element) {
  /** @type {HTMLElement | null} */
  const first = element.querySelector('[data-first]') ?? element.querySelector(FOCUSABLE);
  first?.focus({ preventScroll: true });
}

/** @param {KeyboardEvent} event @param {HTMLElement} element */
function keepInside(event, element) {
  const all = /** @type {HTMLElement[]} */ ([...element.querySelectorAll(FOCUSABLE)])
    .filter((it) => it.offsetParent !== null && it.tabIndex >= 0);
  const edge = event.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement === edge) {
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0])?.focus();
  }
}

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {string} [badge]
 * @property {string} [text]
 * @property {boolean} [checked] makes it a check box
 * @property {string} [heading] stands above the item where it differs from the one before
 * @property {() => void} [choose]
 * @property {{label: string, checked?: boolean, choose: () => void}[]} [more] buttons beside it
 */

/**
 * A list to choose from, with a line to find things in it; the arrow keys walk.
 * @param {string} label
 * @param {() => Item[]} items asked again after each choice
 */
export function picker(label, items) {
  const list = h('div', { class: 'picker-list', role: 'group', 'aria-label': label });
  const find = /** @type {HTMLInputElement} */ (h('input', {
    type: 'text', class: 'picker-find', placeholder: 'Find…', 'aria-label': `Find in ${label}`,
    autocomplete: 'off', spellcheck: 'false', 'data-first': true, oninput: () => draw(),
  }));
  const draw = () => {
    const wanted = find.value.trim().toLowerCase();
    const found = items().filter((it) =>
      !wanted || it.label.toLowerCase().includes(wanted) || it.text?.toLowerCase().includes(wanted));
    let heading = '';
    list.replaceChildren(...found.flatMap((it) => {
      const above = it.heading && it.heading !== heading ? h('div', { class: 'picker-head' }, it.heading) : null;
      heading = it.heading ?? heading;
      const row = pickerRow(it, draw, list);
      return above ? [above, row] : [row];
    }));
    if (!found.length) list.append(h('p', { class: 'quiet' }, 'Nothing by that name'));
  };
  draw();
  const element = h('div', { class: 'picker', onkeydown: (/** @type {KeyboardEvent} */ event) => walk(event, element, find) },
    items().length > 7 ? find : null, list);
  return element;
}

/** @param {Item} it @param {() => void} draw @param {HTMLElement} list */
function pickerRow(it, draw, list) {
  /** @param {() => void} choose */
  const choosing = (choose) => (/** @type {Event} */ event) => {
    const all = [...list.querySelectorAll('button')];
    const at = all.indexOf(/** @type {any} */ (event.currentTarget));
    choose();
    if (!list.isConnected) return;
    draw();
    list.querySelectorAll('button')[at]?.focus();
  };
  const box = it.checked === undefined ? null : h('span', { class: 'check', 'aria-hidden': 'true' }, it.checked ? '✓' : '');
  return h('div', { class: 'picker-row' },
    h(it.choose ? 'button' : 'div', {
      class: 'picker-main', type: it.choose && 'button', onclick: it.choose && choosing(it.choose),
      role: box && 'checkbox', 'aria-checked': box && String(it.checked),
    }, box,
      h('span', { class: 'picker-name' }, it.label), it.badge && h('span', { class: 'badge' }, it.badge),
      it.text && h('span', { class: 'picker-text' }, it.text)),
    (it.more ?? []).map((more) => h('button', {
      type: 'button', class: 'mini', 'aria-pressed': String(!!more.checked),
      'aria-label': `${it.label} ${more.label}`, onclick: choosing(more.choose),
    }, more.label)));
}

/** @param {KeyboardEvent} event @param {HTMLElement} element @param {HTMLElement} find */
function walk(event, element, find) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const mains = /** @type {HTMLElement[]} */ ([...element.querySelectorAll('.picker-row')]
    .map((row) => row.querySelector('button')).filter(Boolean));
  const row = document.activeElement?.closest('.picker-row')?.querySelector('button');
  const at = row ? mains.indexOf(/** @type {any} */ (row)) : -1;
  const to = at + step;
  (to < 0 && find.isConnected ? find : mains[Math.max(0, Math.min(to, mains.length - 1))])?.focus();
}

/** The head of a popover's second page. @param {string} title @param {(() => void) | null} back */
export function popoverHead(title, back) {
  return h('div', { class: 'popover-head' },
    back && h('button', { type: 'button', class: 'ghost square', 'aria-label': 'Back', onclick: back }, icon('back')),
    h('strong', null, title));
}
