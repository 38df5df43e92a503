// How many rows there are, within two seconds: an exact number, or that it is more than one.

import { number, request } from './api.js';
import { encodeUrl } from './text.js';
import { isGrouped, toUrl } from './query.js';
import { printConditions } from './conditions.js';

/** @typedef {{n: number, more: boolean}} Count */
/** @typedef {import('./query.js').Query} Query */

const PATIENCE = 2000;
const STEPS = [10_000, 1_000_000];

/**
 * Counts the rows of a query, by counting at most so many of them: the database may stop there.
 * @param {Query} query
 * @param {(count: Count) => void} say called again when more is known
 * @param {AbortSignal} [outer]
 */
export async function countRows(query, say, outer) {
  const patience = AbortSignal.timeout(PATIENCE);
  const signal = outer ? AbortSignal.any([outer, patience]) : patience;
  try {
    if (isGrouped(query) || query.apply || query.other.some((it) => it.name !== '$count') || query.path.includes('/')) {
      await countWhole(query, say, signal);
      return;
    }
    const steps = [];
    if (query.filter.length) steps.push(`filter(${printConditions(query.filter)})`);
    if (query.search) steps.push(`search(${query.search})`);
    for (const bound of STEPS) {
      const apply = [...steps, `top(${bound + 1})`, 'aggregate($count as n)'].join('/');
      const n = await number(encodeUrl(toUrl({ ...empty(query), apply })), signal);
      if (!Number.isFinite(n)) return;
      say(n > bound ? { n: bound, more: true } : { n, more: false });
      if (n <= bound) return;
    }
  } catch {
    // Not in time, or refused: what was said stands.
  }
}

/** @param {Query} query */
const empty = (query) => ({
  ...query, select: null, filter: [], expand: [], orderby: [], search: '', top: '', other: [],
});

/** @param {Query} query @param {(count: Count) => void} say @param {AbortSignal} signal */
async function countWhole(query, say, signal) {
  const other = query.other.filter((it) => !/^\$(count|skip|format)$/.test(it.name));
  other.push({ name: '$count', value: 'true' });
  const url = toUrl({ ...query, expand: [], orderby: [], top: '0', other });
  const response = await request(encodeUrl(url), { accept: 'application/json', signal });
  const n = Number((await response.json())['@odata.count']);
  if (Number.isFinite(n)) say({ n, more: false });
}

/** @param {Count} count */
export function countText({ n, more }) {
  if (!more) return n.toLocaleString('en-US');
  return n >= 1_000_000 ? `> ${n / 1_000_000} M` : `> ${n.toLocaleString('en-US')}`;
}
