// The access token: a field, and what to do where there is none.

import { emit, on } from './app.js';
import { config, currentToken, setToken } from './api.js';
import { $, h, icon } from './dom.js';
import { closePopover, openPopover } from './popover.js';

export function startToken() {
  $('token').addEventListener('click', () => openPopover($('token'), 'Access token', (popover) => tokenForm(() => popover.close())));
  on('token', drawToken);
  drawToken();
}

function drawToken() {
  const has = !!currentToken();
  $('token').classList.toggle('missing', !has);
  $('token').setAttribute('aria-label', has ? 'Access token: set' : 'Access token: none');
  $('token-text').textContent = has ? 'Token set' : 'Set token';
}

/** @param {() => void} done */
function tokenForm(done) {
  const input = /** @type {HTMLInputElement} */ (h('input', {
    type: 'password', autocomplete: 'off', spellcheck: 'false', 'aria-label': 'Access token', placeholder: 'Access token',
    'data-first': true, required: true,
  }));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const { value } = input;
    input.value = '';
    done();
    useToken(value);
  };
  return h('form', { class: 'token-form', onsubmit: submit },
    h('div', { class: 'condition-line' }, input, h('button', { type: 'submit', class: 'primary' }, 'Use it')),
    config.tokenHint && h('p', { class: 'quiet' }, config.tokenHint),
    h('p', { class: 'quiet' }, 'It stays in this page’s memory, travels as Authorization: Bearer, and is gone when the page is closed.'),
    currentToken() && h('button', {
      type: 'button', class: 'ghost', onclick: () => {
        done();
        useToken('');
      },
    }, 'Forget it'));
}

/** @type {() => void} */
let changed = () => {};

/** Who is told that there is another token. @param {() => void} listener */
export function onToken(listener) {
  changed = listener;
}

/** Asks with this token from now on. @param {string} token */
export function useToken(token) {
  setToken(token);
  emit('token');
  changed();
}

/** As much of a token as tells it from another. @param {string} token */
const ending = (token) => (token.length < 12 ? 'another one' : `…${token.slice(-4)}`);

/** A link has brought a token. The first one is used; none takes the place of another unasked.
 * @param {string} token */
export function offerToken(token) {
  const present = currentToken();
  if (!token || token === present) return;
  if (!present) return useToken(token);
  closePopover();
  openPopover($('token'), 'Another access token', (popover) => h('div', { class: 'token-form' },
    h('strong', null, 'This link has another access token'),
    h('p', null, `The page goes on asking with yours (${ending(present)}). With that of the link (${ending(token)}) it would show what somebody else may see.`),
    h('div', { class: 'condition-line' },
      h('button', { type: 'button', class: 'primary', 'data-first': true, onclick: popover.close }, 'Keep mine'),
      h('button', {
        type: 'button', class: 'ghost', onclick: () => {
          popover.close();
          useToken(token);
        },
      }, 'Use the link’s'))));
}

/** The page of those who have no token, or one that won't do. @param {string} [why] */
export function welcome(why) {
  return h('div', { class: 'welcome' }, icon('key'),
    h('h2', null, why ? 'This token may not ask' : 'Paste your access token'), why && h('p', null, why), tokenForm(() => {}));
}
