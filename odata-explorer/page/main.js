// The page's beginning: the token, the model, the address; and the keys that work everywhere.

import { app, emit, on, open, typed } from './app.js';
import { ServiceError, config, currentToken, request, setToken, tokenOutOfFragment } from './api.js';
import { startAddress } from './address.js';
import { startBuilder } from './builder.js';
import { closePopover, openPopover } from './popover.js';
import { hideDetail } from './detail.js';
import { $, h } from './dom.js';
import { noModel, readModel } from './model.js';
import { forgetRows, showHome, startResults } from './results.js';
import { countCollections, forgetCounts, startSidebar } from './sidebar.js';
import { startSharing } from './sharing.js';
import { startTable } from './table.js';
import { offerToken, onToken, startToken, welcome } from './token.js';

/** Which reading of the model is the present one: another token begins anew. */
let readings = 0;

setToken(tokenOutOfFragment());
document.title = config.title;
$('title').textContent = config.title;

startTheme();
startAddress();
startBuilder();
startTable();
startResults();
startSidebar();
startSharing();
startToken();
onToken(load);
startHistory();
startKeys();
load();

/** Reads the model, and asks what the address asks. */
async function load() {
  const mine = ++readings;
  // Nothing that another token has shown stays.
  forgetRows();
  forgetCounts();
  app.model = noModel();
  emit('query');
  if (!currentToken()) showHome([welcome()]);
  try {
    const response = await request('$metadata?$format=json', { accept: 'application/json' });
    const model = readModel(await response.json());
    if (mine !== readings) return;
    app.model = model;
  } catch (error) {
    if (mine !== readings) return;
    if (error instanceof ServiceError && (error.status === 401 || error.status === 403)) {
      showHome([welcome(currentToken() && error.message)]);
      return;
    }
    showHome([h('div', { class: 'welcome' }, h('h2', null, 'The model can’t be read'),
      h('p', null, /** @type {Error} */ (error).message),
      h('button', { type: 'button', class: 'primary', onclick: () => load() }, 'Try again'))]);
    return;
  }
  emit('query');
  if (!currentToken()) return;
  emit('run');
  countCollections();
}

/** The query is in the fragment, so that it can be gone back to, kept and sent: the token never is. */
function startHistory() {
  const inFragment = () => new URLSearchParams(location.hash.slice(1)).get('q') ?? '';
  app.text = inFragment();
  typed(app.text);
  on('run', () => {
    document.title = [app.query.path, config.title].filter(Boolean).join(' · ');
    if (app.text === inFragment()) return;
    const fragment = app.text ? `#${new URLSearchParams({ q: app.text })}` : '';
    history.pushState(null, '', location.pathname + location.search + fragment);
  });
  window.addEventListener('popstate', () => {
    const token = tokenOutOfFragment();
    // With a first token all is read anew, and the query with it.
    if (token && !currentToken()) typed(inFragment());
    else open(inFragment());
    offerToken(token);
  });
  $('title').addEventListener('click', () => open(''));
}

function startTheme() {
  const themes = ['', 'light', 'dark'];
  const apply = (/** @type {string} */ theme) => {
    document.documentElement.dataset.theme = theme;
    $('theme').setAttribute('aria-label', `Colours: ${theme || 'as the system has them'}`);
  };
  apply('');
  $('theme').addEventListener('click', () => {
    const now = themes.indexOf(document.documentElement.dataset.theme ?? '');
    apply(themes[(now + 1) % themes.length]);
  });
}

function startKeys() {
  $('menu').addEventListener('click', () => {
    const opened = $('side').classList.toggle('open');
    $('menu').setAttribute('aria-expanded', String(opened));
  });
  document.addEventListener('pointerdown', (event) => {
    const inside = /** @type {Element} */ (event.target).closest('#side, #menu');
    if (!inside) $('side').classList.remove('open');
  });
  $('help').addEventListener('click', showKeys);
  document.addEventListener('keydown', (event) => {
    const inField = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '');
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      emit('run');
    } else if (event.key === 'Escape') {
      closePopover();
      hideDetail();
      $('side').classList.remove('open');
    } else if (!inField && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const act = KEYS.find(([key]) => key === event.key)?.[2];
      if (!act) return;
      event.preventDefault();
      act();
    }
  });
}

/** @param {string} part */
const press = (part) => () => /** @type {HTMLElement | null} */ (document.querySelector(`[data-part="${part}"] button`))?.click();

/** @type {[string, string, () => void][]} */
const KEYS = [
  ['/', 'the address line', () => $('address').focus()],
  ['f', 'filter', press('filter')],
  ['g', 'group', press('group')],
  ['s', 'sort', press('sort')],
  ['e', 'expand', press('expand')],
  ['c', 'columns', press('columns')],
  ['t', 'the table', () => { $('view-table').click(); $('grid').focus(); }],
  ['?', 'these keys', showKeys],
];

function showKeys() {
  openPopover($('help'), 'Keys', () => h('table', { class: 'keys', tabindex: '-1' }, h('tbody', null,
    [...KEYS.map(([key, text]) => [key, text]), ['Enter', 'run the address; open a row'], ['Ctrl Enter', 'run'], ['↑ ↓', 'walk through rows and lists'], ['Esc', 'close']]
      .map(([key, text]) => h('tr', null, h('th', { scope: 'row' }, h('kbd', null, key)), h('td', null, text))))));
}
