// The service: requests with the token as Bearer, answers, errors. The token lives in this module's
// memory alone.

/** @typedef {{title: string, text: string, url: string}} Question */
/** @typedef {{root: string, title: string, tokenHint: string, queryToken: boolean, questions: Question[]}} Config */
/** @typedef {{rows: any[], next: string | null, single: boolean, text: string | null}} Page */

let token = '';

/** @param {string} text */
export function setToken(text) {
  token = text.trim();
}

export const currentToken = () => token;

/** Takes the token out of the fragment, before anything can read the address; '' where there is none. */
export function tokenOutOfFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const found = fragment.get('token');
  if (found === null) return '';
  fragment.delete('token');
  const rest = fragment.toString();
  history.replaceState(null, '', location.pathname + location.search + (rest && `#${rest}`));
  return found.trim();
}

/** @type {Config} */
export const config = typeof document === 'undefined'
  ? { root: '/', title: '', tokenHint: '', queryToken: true, questions: [] }
  : JSON.parse(document.getElementById('config')?.textContent ?? '{}');

/** The service root, wherever a proxy has put this page. */
export const root = () => new URL('.' + config.root, location.origin + location.pathname).href;

/** What the service refused, or why there is no answer. */
export class ServiceError extends Error {
  /** @param {number} status @param {any} error */
  constructor(status, error) {
    super(error?.message ?? `the service answered ${status}`);
    this.status = status;
    /** @type {string} */
    this.code = error?.code ?? '';
    /** @type {string} */
    this.target = error?.target ?? '';
    /** @type {number | null} */
    this.position = error?.innererror?.position ?? null;
    /** @type {number} */
    this.length = error?.innererror?.length ?? 0;
    /** @type {string} */
    this.hint = error?.innererror?.hint ?? '';
  }
}

/**
 * @param {string} url encoded, relative to the service root
 * @param {{accept?: string, prefer?: string, signal?: AbortSignal}} options
 */
export async function request(url, { accept = '*/*', prefer, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: accept };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (prefer) headers.Prefer = prefer;
  let response;
  try {
    response = await fetch(root() + url, {
      headers, signal: signal ?? null, credentials: 'omit', cache: 'no-store', redirect: 'error',
    });
  } catch (error) {
    if (/** @type {Error} */ (error).name === 'AbortError') throw error;
    throw new ServiceError(0, { message: 'the service can’t be reached', code: 'NoAnswer' });
  }
  if (!response.ok) {
    const text = await response.text();
    let body = null;
    try {
      body = JSON.parse(text);
    } catch {
      // Somebody between us and the service has answered.
    }
    throw new ServiceError(response.status, body?.error);
  }
  return response;
}

// Numbers beyond 2^53 come as text: a page must not show a wrong id.
const ACCEPT = 'application/json;odata.metadata=none;IEEE754Compatible=true';

/**
 * A page of rows.
 * @param {string} url
 * @param {{pageSize?: number, signal?: AbortSignal}} options
 * @returns {Promise<Page>}
 */
export async function readRows(url, { pageSize, signal } = {}) {
  const prefer = pageSize ? `odata.maxpagesize=${pageSize}` : undefined;
  // What is asked for in the address goes before what this page prefers.
  const accept = /[?&]\$format=/i.test(url) ? '*/*' : ACCEPT;
  const response = await request(url, { accept, prefer, signal });
  if (response.status === 204) return { rows: [], next: null, single: true, text: null };
  const text = await response.text();
  if (!/^application\/json/.test(response.headers.get('content-type') ?? '')) {
    return { rows: [], next: null, single: true, text };
  }
  const body = JSON.parse(text);
  if (body === null || typeof body !== 'object') return { rows: [], next: null, single: true, text };
  const many = Array.isArray(body.value);
  return {
    rows: many ? body.value.map(asRow) : [asRow(body)],
    next: typeof body['@odata.nextLink'] === 'string' ? behindRoot(body['@odata.nextLink']) : null,
    single: !many,
    text: null,
  };
}

/** @param {any} value */
const asRow = (value) => (value !== null && typeof value === 'object' ? value : { value });

/** What stands behind the service root in a next link, under whatever name the service knows itself.
 * @param {string} link */
function behindRoot(link) {
  const { pathname, search } = new URL(link, root());
  const at = pathname.indexOf(config.root);
  return at < 0 ? null : pathname.slice(at + config.root.length) + search;
}

/** The one number that a query for a number gives. @param {string} url @param {AbortSignal} signal */
export async function number(url, signal) {
  const page = await readRows(url, { signal });
  return Number(Object.values(page.rows[0] ?? {})[0] ?? NaN);
}
