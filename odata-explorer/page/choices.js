// What there is to choose from: the properties of the collection and of what it leads to.

import { app, open, propertyOf, setAggregates, setGroups, target, update, outputs } from './app.js';
import { METHODS, newGroup } from './apply.js';
import { filterEditor } from './filter.js';
import { isDate, isNumber, tellingProperty } from './model.js';
import { otherSide } from './otherside.js';
import { openPopover, picker, popoverHead } from './popover.js';
import { isGrouped } from './query.js';

/** @typedef {import('./model.js').Property} Property */
/** @typedef {import('./popover.js').Item} Item */
/** @typedef {import('./popover.js').Popover} Popover */
/** @typedef {{path: string, property: Property, any: boolean, from: string}} Choice */

/** A type's short name. @param {string} type */
export const typeName = (type) => type.replace(/^Edm\./, '').replace('DateTimeOffset', 'time');

/** The properties that a query can name: own ones, those of what is one, those of what is many. */
function choices() {
  const type = target()?.type;
  if (!type) return null;
  /** @type {Choice[]} */
  const own = type.properties.map((property) => ({ path: property.name, property, any: false, from: type.name }));
  const far = (/** @type {boolean} */ many) => type.navigations.filter((it) => it.collection === many).flatMap((it) => {
    const to = app.model.types.get(it.target);
    if (!to) return [];
    const telling = tellingProperty(to);
    // The property that tells which one it is comes first.
    const sorted = [...to.properties].sort((a, b) => Number(b === telling) - Number(a === telling));
    return sorted.map((property) => ({
      path: `${it.name}/${property.name}`, property, any: many, from: many ? `any of its ${it.name}` : it.name,
    }));
  });
  return { own, one: far(false), many: far(true), type };
}

/** What most people look for first: names of what a row belongs to. */
function telling() {
  const type = target()?.type;
  return (type?.navigations ?? []).filter((it) => !it.collection).flatMap((it) => {
    const to = app.model.types.get(it.target);
    return to ? [`${it.name}/${tellingProperty(to).name}`] : [];
  });
}

/** @param {Choice} it @returns {Item} */
const item = (it) => ({
  label: it.path, badge: typeName(it.property.type), text: it.property.text, heading: it.from,
});

/** @param {HTMLElement} anchor */
export function chooseColumns(anchor) {
  const type = target()?.type;
  if (!type) return;
  const names = type.properties.map((it) => it.name);
  openPopover(anchor, 'Columns', () => picker('Columns', () => {
    const { select } = app.query;
    const shown = (/** @type {string} */ name) => !select || select.includes(name) || select.includes('*');
    return [
      { label: 'All columns', checked: !select, choose: () => update({ select: select ? null : [type.key[0] ?? names[0]] }) },
      ...type.properties.map((property) => ({
        label: property.name, badge: typeName(property.type), text: property.text, checked: shown(property.name),
        choose: () => {
          const before = !select || select.includes('*') ? names : select;
          const next = shown(property.name) ? before.filter((it) => it !== property.name) : [...before, property.name];
          const rest = next.filter((it) => !names.includes(it));
          const sorted = names.filter((it) => next.includes(it));
          if (sorted.length + rest.length) update({ select: sorted.length === names.length && !rest.length ? null : [...sorted, ...rest] });
        },
      })),
    ];
  }));
}

/** @param {HTMLElement} anchor */
export function chooseFilter(anchor) {
  const all = choices();
  if (!all) return;
  openPopover(anchor, 'Filter', (popover) => {
    const list = () => picker('Filter', () => [...all.own, ...all.one, ...all.many]
      .filter((it) => it.property.filterable)
      .map((it) => ({ ...item(it), choose: () => popover.show(filterEditor(popover, { ...it, old: null }, () => popover.show(list()))) })));
    return list();
  });
}

/** Edits a condition. @param {HTMLElement} anchor @param {import('./conditions.js').Condition} condition */
export function editFilter(anchor, condition) {
  if (condition.text !== undefined) return;
  const property = propertyOf(condition.path);
  if (!property) return;
  const subject = { path: condition.path, property, any: !!condition.any, old: condition };
  openPopover(anchor, `Filter ${condition.path}`, (popover) => filterEditor(popover, subject, null));
}

/** @param {HTMLElement} anchor @param {string} path */
function filterBy(anchor, path) {
  const property = propertyOf(path);
  if (!property) return;
  const old = app.query.filter.find((it) => it.text === undefined && it.path === path && property.codes.length) ?? null;
  openPopover(anchor, `Filter ${path}`, (popover) => filterEditor(popover, { path, property, any: false, old }, null));
}

/** @typedef {import('./apply.js').Group['part']} Part */
const TIME_PARTS = /** @type {Part[]} */ (['year', 'month', 'day', 'hour']);

/** @param {string} path @param {Part} part */
function toggleGroup(path, part) {
  const { group } = app.query;
  const same = group.find((it) => it.path === path && it.part === part);
  setGroups(same ? group.filter((it) => it !== same) : [...group, newGroup(path, part)]);
}

/** @param {HTMLElement} anchor */
export function chooseGroups(anchor) {
  const all = choices();
  if (!all) return;
  const first = telling();
  openPopover(anchor, 'Group by', (popover) => picker('Group by', () => {
    const grouped = (/** @type {string} */ path, /** @type {Part} */ part) =>
      app.query.group.some((it) => it.path === path && it.part === part);
    const usable = [...all.own, ...all.one].filter((it) => it.property.groupable && it.property.filterable);
    /** @param {Choice} it @param {string} [heading] @returns {Item} */
    const one = (it, heading) => ({
      ...item(it), heading: heading ?? it.from, checked: isDate(it.property.type) ? undefined : grouped(it.path, ''),
      choose: isDate(it.property.type) ? undefined : () => toggleGroup(it.path, ''),
      more: it.property.type === 'Edm.DateTimeOffset' ? TIME_PARTS.map((part) => ({
        label: part, checked: grouped(it.path, part), choose: () => toggleGroup(it.path, part),
      })) : [],
    });
    const useful = usable.filter((it) => first.includes(it.path) || it.property.codes.length && !it.path.includes('/') || it.path === 'created_at');
    const many = all.many.filter((it) => it.property.groupable && it.property.filterable).flatMap((it) => {
      const other = isGrouped(app.query) ? null : otherSide(app.model, app.query, it.path);
      return other ? [{
        ...item(it), text: other.text, heading: 'a row has many of these: ask them', choose: () => {
          popover.close();
          open(other.url);
        },
      }] : [];
    });
    return [...useful.map((it) => one(it, 'often asked')), ...usable.filter((it) => !useful.includes(it)).map((it) => one(it)), ...many];
  }), { wide: true });
}

/** @param {string} path @param {string} method */
function toggleAggregate(path, method) {
  const { aggregate, group } = app.query;
  const same = aggregate.find((it) => it.path === path && it.method === method);
  if (same) return setAggregates(aggregate.filter((it) => it !== same));
  const base = path === '$count' ? 'n' : path.replace('/$count', '').replaceAll('/', '_') + (method ? `_${method}` : '_n');
  const taken = new Set([...outputs(app.query), ...(target()?.type.properties.map((it) => it.name) ?? [])]);
  let as = base;
  for (let n = 2; taken.has(as); n++) as = `${base}_${n}`;
  return setAggregates([...(group.length || aggregate.length ? aggregate : []), { path, method, as }]);
}

/** @param {HTMLElement} anchor */
export function chooseAggregates(anchor) {
  const all = choices();
  if (!all) return;
  openPopover(anchor, 'Calculate', () => picker('Calculate', () => {
    const has = (/** @type {string} */ path, /** @type {string} */ method) =>
      app.query.aggregate.some((it) => it.path === path && it.method === method);
    const counted = all.type.navigations.filter((it) => it.collection).map((it) => `${it.name}/$count`);
    return [
      { label: 'count', badge: 'rows', checked: has('$count', ''), choose: () => toggleAggregate('$count', ''), heading: 'number of' },
      ...counted.map((path) => ({ label: path.slice(0, -7), checked: has(path, ''), choose: () => toggleAggregate(path, ''), heading: 'number of' })),
      ...[...all.own, ...all.one].filter((it) => it.property.groupable && it.property.filterable).map((it) => {
        const key = /(^|_)id$/.test(it.property.name) || it.property.codes.length;
        const methods = Object.keys(METHODS).filter((method) =>
          method === 'countdistinct' || (!key && (/^(min|max)$/.test(method) ? isNumber(it.property.type) || isDate(it.property.type) : isNumber(it.property.type))));
        return { ...item(it), more: methods.map((method) => ({
          label: METHODS[method], checked: has(it.path, method), choose: () => toggleAggregate(it.path, method),
        })) };
      }),
    ];
  }), { wide: true });
}

/** Sorts by a path: this way, the other way, not. @param {string} path @param {boolean} [desc] */
function toggleSort(path, desc) {
  const { orderby } = app.query;
  const old = orderby.find((it) => it.path === path);
  const rest = orderby.filter((it) => it !== old);
  if (desc !== undefined) update({ orderby: old && old.desc === desc ? rest : [...rest, { path, desc }] });
  else if (!old) update({ orderby: [{ path, desc: false }] });
  else update({ orderby: old.desc ? rest : orderby.map((it) => (it === old ? { path, desc: true } : it)) });
}

/** @param {HTMLElement} anchor */
export function chooseSort(anchor) {
  const all = choices();
  if (!all) return;
  openPopover(anchor, 'Sort by', () => picker('Sort by', () => {
    const ways = (/** @type {string} */ path) => {
      const old = app.query.orderby.find((it) => it.path === path);
      return [
        { label: '↑ up', checked: old?.desc === false, choose: () => toggleSort(path, false) },
        { label: '↓ down', checked: old?.desc === true, choose: () => toggleSort(path, true) },
      ];
    };
    if (isGrouped(app.query)) return outputs(app.query).map((path) => ({ label: path, more: ways(path) }));
    return [...all.own, ...all.one].filter((it) => it.property.sortable).map((it) => ({ ...item(it), more: ways(it.path) }));
  }), { wide: true });
}

/** @param {HTMLElement} anchor */
export function chooseExpand(anchor) {
  const type = target()?.type;
  if (!type) return;
  openPopover(anchor, 'Expand', () => picker('Expand', () => type.navigations.map((it) => {
    const old = app.query.expand.find((one) => one.name === it.name);
    const to = app.model.types.get(it.target);
    // Enough to see which ones they are; more can be written into the chip.
    const name = to ? tellingProperty(to).name : '';
    const options = it.collection ? `$select=${name};$top=5` : `$select=${name}`;
    return {
      label: it.name, badge: it.collection ? 'many' : 'one', text: it.text, checked: !!old,
      choose: () => update({
        expand: old ? app.query.expand.filter((one) => one !== old) : [...app.query.expand, { name: it.name, options: name && options }],
      }),
    };
  })));
}

/** What can be done with a property: the menu of a column and of the model.
 * @param {HTMLElement} anchor @param {string} path */
export function propertyMenu(anchor, path) {
  const property = propertyOf(path);
  const grouped = isGrouped(app.query);
  openPopover(anchor, path, (popover) => {
    /** @type {Item[]} */
    const items = [];
    const then = (/** @type {() => void} */ act) => () => {
      popover.close();
      act();
    };
    if (!property || property.sortable) {
      items.push({ label: 'Sort up', choose: then(() => toggleSort(path, false)) });
      items.push({ label: 'Sort down', choose: then(() => toggleSort(path, true)) });
    }
    if (property?.filterable && !grouped) items.push({ label: 'Filter…', choose: then(() => filterBy(anchor, path)) });
    if (property?.filterable && property.groupable && !grouped) {
      if (property.type === 'Edm.DateTimeOffset') {
        items.push(...TIME_PARTS.map((part) => ({ label: `Group by ${part}`, choose: then(() => toggleGroup(path, part)) })));
      } else {
        items.push({ label: 'Group by this', choose: then(() => toggleGroup(path, '')) });
      }
    }
    const names = target()?.type.properties.map((it) => it.name) ?? [];
    if (!grouped && names.includes(path)) {
      const select = app.query.select ?? names;
      if (select.includes(path) && select.length > 1) {
        items.push({ label: 'Hide the column', choose: then(() => update({ select: select.filter((it) => it !== path) })) });
      }
    }
    return [popoverHead(path, null), picker(path, () => items)];
  });
}
