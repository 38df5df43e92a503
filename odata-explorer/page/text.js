// OData's text: splitting where nothing is nested, literals, and the two ways a URL is written.

/**
 * Splits where the separator stands outside of quotes and parentheses.
 * @param {string} text
 * @param {string} separator
 * @returns {string[]}
 */
export function splitTop(text, separator) {
  const parts = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (depth === 0 && text.startsWith(separator, at)) {
      parts.push(text.slice(start, at));
      start = at + separator.length;
      at = start - 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/**
 * What stands inside `name(..)`, if the whole text is that call.
 * @param {string} text
 * @param {string} name
 * @returns {string | null}
 */
export function callOf(text, name) {
  if (!text.startsWith(name + '(') || !text.endsWith(')')) return null;
  let depth = 0;
  let quoted = false;
  for (let at = name.length; at < text.length; at++) {
    const c = text[at];
    if (c === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) {
      return at === text.length - 1 ? text.slice(name.length + 1, -1) : null;
    }
  }
  return null;
}

/** @param {string} text */
export const quote = (text) => `'${text.replaceAll("'", "''")}'`;

/**
 * The text of a string literal, or null where it is none.
 * @param {string} literal
 */
export function unquote(literal) {
  return /^'(?:[^']|'')*'$/.test(literal) ? literal.slice(1, -1).replaceAll("''", "'") : null;
}

const READABLE = /%(?:24|2C|3B|3A|40|2F|3D)/g;

/**
 * Percent-encodes a value of a query, or a path. Quotes are encoded as well, since browsers do it
 * themselves: the service counts the positions of its errors in what was really sent.
 * @param {string} text
 */
export function encode(text) {
  return encodeURIComponent(text.toWellFormed())
    .replace(READABLE, (code) => decodeURIComponent(code))
    .replaceAll("'", '%27');
}

/** Decodes what can be decoded and leaves the rest. @param {string} text */
export function decode(text) {
  const spaced = text.replace(/\+/g, (plus, at) =>
    // A raw `+01:00` is an offset, any other plus a space.
    /^\+\d\d:\d\d/.test(text.slice(at)) && /\d$/.test(text.slice(0, at)) ? '+' : ' ');
  return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}

/** A decoded value as the address line shows it. @param {string} text */
export const readable = (text) => text.replace(/[%&#+]/g, (c) => encodeURIComponent(c));

/**
 * The parts of a relative URL, with the places where they stand.
 * @param {string} text
 * @returns {{path: string, options: {name: string, value: string, start: number, valueStart: number, end: number}[]}}
 */
export function splitUrl(text) {
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const options = [];
  for (let start = mark + 1; mark >= 0 && start <= text.length; ) {
    const found = text.indexOf('&', start);
    const end = found < 0 ? text.length : found;
    const equals = text.indexOf('=', start);
    const cut = equals < 0 || equals > end ? end : equals;
    if (end > start) {
      options.push({
        name: decode(text.slice(start, cut)),
        value: decode(text.slice(Math.min(cut + 1, end), end)),
        start,
        valueStart: Math.min(cut + 1, end),
        end,
      });
    }
    start = end + 1;
  }
  return { path: decode(path), options };
}

/**
 * The address line's text as it is sent.
 * @param {string} text
 */
export function encodeUrl(text) {
  const { path, options } = splitUrl(text);
  const pairs = options.map(({ name, value, valueStart, end, start }) =>
    valueStart === end && end - start === name.length ? encode(name) : `${encode(name)}=${encode(value)}`);
  return encode(path) + (pairs.length ? '?' + pairs.join('&') : '');
}

/**
 * Where in the address line the n-th sent character stands.
 * @param {string} text the line
 * @param {number} start where the part begins in it
 * @param {number} sent how many sent characters behind its beginning
 */
export function placeOf(text, start, sent) {
  const token = /(?:%[0-9a-f]{2})+|[\s\S]/giuy;
  token.lastIndex = start;
  for (let passed = 0; passed < sent; ) {
    const found = token.exec(text);
    if (!found) break;
    passed += encode(decode(found[0])).length;
  }
  return Math.min(Math.max(token.lastIndex, start), text.length);
}
