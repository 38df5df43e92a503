// Taking a query elsewhere: the panel that copies it, the files that can be had of it.

import { app } from './app.js';
import { config, currentToken, request, root } from './api.js';
import { blame } from './address.js';
import { $, announce, h } from './dom.js';
import { bytesText } from './format.js';
import { asOdc } from './odc.js';
import { openPopover } from './popover.js';
import { resultName } from './results.js';
import { asCurl, asPbids, asPowerQuery, asUrl } from './share.js';
import { encodeUrl, splitUrl } from './text.js';

const FORMS = { URL: asUrl, curl: asCurl, 'Power Query M': asPowerQuery };

export function startSharing() {
  $('share').addEventListener('click', () => openPopover($('share'), 'Copy', sharePanel, { wide: true }));
  $('csv').addEventListener('click', downloadCsv);
}

function sharePanel() {
  /** @type {keyof typeof FORMS} */
  let form = 'URL';
  const tick = /** @type {HTMLInputElement} */ (h('input', { type: 'checkbox', id: 'with-token', onchange: () => draw() }));
  const text = /** @type {HTMLTextAreaElement} */ (h('textarea', {
    readonly: true, rows: '14', class: 'code-text', 'aria-label': 'What is copied', spellcheck: 'false',
  }));
  const shared = () => ({ root: root(), url: app.text, token: tick.checked ? currentToken() : '', inUrl: config.queryToken });
  const tabs = h('div', { class: 'segmented', role: 'group', 'aria-label': 'Form' },
    Object.keys(FORMS).map((name) => h('button', {
      type: 'button', 'data-first': name === 'URL', onclick: () => {
        form = /** @type {keyof typeof FORMS} */ (name);
        draw();
      },
    }, name)));
  const draw = () => {
    text.value = FORMS[form](shared());
    for (const tab of tabs.children) tab.setAttribute('aria-pressed', String(tab.textContent === form));
    copy.style.minWidth = '';
    copy.textContent = `Copy ${form}`;
  };
  const copy = h('button', { type: 'button', class: 'primary', onclick: async () => {
    // What stands beside it must not come under the pointer.
    copy.style.minWidth = `${copy.offsetWidth}px`;
    copy.textContent = (await toClipboard(text)) ? 'Copied' : 'Press Ctrl+C';
    announce(`${form} copied`);
  } });
  const pbids = h('button', { type: 'button', class: 'ghost', onclick: () => {
    save(new Blob([asPbids(shared())], { type: 'application/json' }), 'service.pbids');
  } }, 'Power BI file (.pbids)');
  const odc = h('button', { type: 'button', class: 'ghost', onclick: () => {
    save(new Blob([asOdc(shared(), resultName())], { type: 'text/x-ms-odc' }), `${resultName()}.odc`);
  } }, 'Excel file (.odc)');
  draw();
  return h('div', { class: 'share' }, tabs, text,
    h('div', { class: 'share-line' }, copy, odc, pbids,
      h('label', { class: 'tick' }, tick, ' with my token')),
    h('p', { class: 'quiet' }, 'Without the tick there is no token in it: a placeholder, or the program asks.'));
}

/** @param {HTMLTextAreaElement} area */
async function toClipboard(area) {
  try {
    await navigator.clipboard.writeText(area.value);
    return true;
  } catch {
    // No clipboard without TLS: then the text is selected, ready to be copied.
    area.select();
    return document.execCommand('copy');
  }
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = /** @type {HTMLAnchorElement} */ (h('a', { download: name }));
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @type {AbortController | null} */
let loading = null;

/** All rows of the query, with formulas made harmless for a spreadsheet. */
async function downloadCsv() {
  if (loading) {
    loading.abort();
    return;
  }
  const mine = new AbortController();
  loading = mine;
  const label = $('csv-text');
  try {
    const { options } = splitUrl(app.text);
    const format = options.find((it) => it.name === '$format');
    const plain = format ? (app.text.slice(0, format.start) + app.text.slice(format.end + 1)).replace(/[?&]$/, '') : app.text;
    const url = `${plain}${plain.includes('?') ? '&' : '?'}$format=text/csv;formulas=escape`;
    const response = await request(encodeUrl(url), { signal: mine.signal });
    const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
    const parts = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.length;
      label.textContent = `${bytesText(size)} · stop`;
    }
    save(new Blob(parts, { type: 'text/csv' }), `${resultName()}.csv`);
    announce('CSV downloaded');
  } catch (error) {
    if (/** @type {Error} */ (error).name !== 'AbortError') blame(/** @type {any} */ (error));
  } finally {
    loading = null;
    label.textContent = 'CSV';
  }
}
