// How a value looks: times, code names, numbers, JSON; and what a column is called.

/** @typedef {import('./model.js').Property} Property */

const INSTANT = /^(-?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z$/;

/**
 * A point in time for people.
 * @param {string} text
 * @param {boolean} local whether in the time of this machine
 * @param {number} [digits] of a second; those that tell nothing are left out
 */
export function timeText(text, local, digits = 9) {
  const found = INSTANT.exec(text);
  if (!found) return text;
  const fraction = (found[7] ?? '').slice(0, digits).replace(/0+$/, '');
  const tail = fraction && `.${fraction}`;
  const at = new Date(text.replace(/\.\d+/, ''));
  if (!local || Number.isNaN(at.getTime())) {
    return `${found[1]}-${found[2]}-${found[3]} ${found[4]}:${found[5]}:${found[6]}${tail}`;
  }
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `
    + `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${tail}`;
}

/** The name of this machine's time zone. */
export const localZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'local';

/**
 * One line for a cell.
 * @param {any} value
 * @param {Property | null} property
 * @param {boolean} local
 * @returns {string}
 */
export function cellText(value, property, local) {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return listText(value);
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  const code = property?.codes.find((it) => it.value === text);
  if (code) return `${code.name} (${text})`;
  if (typeof value === 'string' && value.endsWith('Z') && INSTANT.test(value)) return timeText(value, local, 3);
  // A cell is one line; the row's panel shows all of a long text.
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** @param {any[]} list */
function listText(list) {
  const names = list.slice(0, 3).map((it) => {
    const values = it && typeof it === 'object' ? Object.values(it) : [it];
    return String(values.find((value) => typeof value === 'string') ?? values[0] ?? '');
  });
  return `${list.length}: ${names.join(', ')}${list.length > 3 ? ', …' : ''}`.slice(0, 400);
}

/** The JSON in a text, where it is an object or a list. @param {any} value */
export function jsonIn(value) {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value) || value.length > 2_000_000) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** @param {number} n */
export function count(n) {
  return n.toLocaleString('en-US');
}

/** @param {number} n */
export function bytesText(n) {
  return n < 1_000_000 ? `${Math.ceil(n / 1000)} kB` : `${(n / 1_000_000).toFixed(1)} MB`;
}

/** A number on an axis or beside a bar. @param {number} n */
export function shortNumber(n) {
  if (!Number.isFinite(n)) return String(n);
  const digits = Math.abs(n) >= 1000 || Number.isInteger(n) ? 0 : Math.abs(n) >= 10 ? 1 : 2;
  return n.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** @typedef {{key: string, path: string[], property: Property | null, align: string}} Column */

/** The value of a column in a row. @param {any} row @param {Column} column */
export function valueOf(row, column) {
  let value = row;
  for (const step of column.path) {
    if (value === null || value === undefined) return value;
    value = value[step];
  }
  return value;
}

/**
 * The columns of rows: members of an expanded entity are columns of their own.
 * @param {any[]} rows
 * @param {(path: string) => Property | null} propertyOf
 * @returns {Column[]}
 */
export function columnsOf(rows, propertyOf) {
  /** @type {Map<string, Column>} */
  const columns = new Map();
  /** @type {Map<string, number>} */
  const counts = new Map();
  const visit = (/** @type {any} */ value, /** @type {string[]} */ path) => {
    for (const [name, inner] of Object.entries(value)) {
      if (name.includes('@') && !name.endsWith('@odata.count')) continue;
      const to = [...path, name];
      const key = to.join('/');
      if (inner && typeof inner === 'object' && !Array.isArray(inner) && to.length < 5) {
        visit(inner, to);
      } else if (!columns.has(key)) {
        const property = propertyOf(key);
        const align = numberLike(inner, property) ? 'number' : typeof inner === 'boolean' ? 'boolean' : '';
        columns.set(key, { key, path: to, property, align });
      } else if (inner !== null && counts.get(key) === undefined) {
        counts.set(key, 1);
        const column = /** @type {Column} */ (columns.get(key));
        if (!column.property && numberLike(inner, null)) column.align = 'number';
      }
    }
  };
  for (const row of rows.slice(0, 200)) visit(row, []);
  // An entity that some rows have not is no column beside its members.
  const all = [...columns.values()];
  return all.filter((it) => !all.some((other) => other.key.startsWith(`${it.key}/`)));
}

/** @param {any} value @param {Property | null} property */
function numberLike(value, property) {
  if (property?.codes.length) return false;
  if (property) return /^Edm\.(S?Byte|Int|Decimal|Double|Single)/.test(property.type);
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
}
