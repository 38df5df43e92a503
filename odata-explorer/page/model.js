// CSDL JSON to what the page needs of a model. Nothing is known here but the standard's vocabulary.

/** @typedef {{value: string, name: string}} CodeName */
/** @typedef {{name: string, type: string, nullable: boolean, text: string, codes: CodeName[],
 *   filterable: boolean, sortable: boolean, groupable: boolean}} Property */
/** @typedef {{name: string, target: string, collection: boolean, partner: string, text: string}} Navigation */
/** @typedef {{name: string, text: string, key: string[], properties: Property[], navigations: Navigation[]}} EntityType */
/** @typedef {{name: string, type: EntityType, text: string, searchable: boolean}} EntitySet */
/** @typedef {{sets: EntitySet[], types: Map<string, EntityType>}} Model */

/** What is known before the service has told. @returns {Model} */
export const noModel = () => ({ sets: [], types: new Map() });

/**
 * @param {any} csdl
 * @returns {Model}
 */
export function readModel(csdl) {
  const term = terms(csdl);
  /** @type {Map<string, EntityType>} */
  const types = new Map();
  const [containerSchema, containerName] = splitName(csdl.$EntityContainer ?? '');
  const container = csdl[containerSchema]?.[containerName] ?? {};
  /** @type {Record<string, any>} */
  const restrictions = {};
  for (const [, set] of members(container)) {
    if (set.$Collection) restrictions[set.$Type] = set;
  }
  const declared = (/** @type {string} */ name) => {
    const [schema, local] = splitName(name);
    return csdl[schema]?.[local];
  };
  for (const [schema, elements] of members(csdl)) {
    for (const [name, element] of members(elements)) {
      if (element.$Kind !== 'EntityType') continue;
      const qualified = `${schema}.${name}`;
      types.set(qualified, readType(name, element, declared, term, restrictions[qualified] ?? {}));
    }
  }
  const sets = [];
  for (const [name, set] of members(container)) {
    const type = types.get(set.$Type);
    if (!set.$Collection || !type) continue;
    const search = term(set, 'Org.OData.Capabilities.V1', 'SearchRestrictions');
    sets.push({
      name,
      type,
      text: term(set, 'Org.OData.Core.V1', 'Description') ?? type.text,
      searchable: search?.Searchable !== false,
    });
  }
  return { sets, types };
}

/** @typedef {(element: any, vocabulary: string, name: string) => any} Term */

/**
 * Reads annotations under whatever alias the document gives their vocabulary.
 * @param {any} csdl
 * @returns {Term}
 */
function terms(csdl) {
  /** @type {Record<string, string>} */
  const alias = {};
  for (const reference of Object.values(csdl.$Reference ?? {})) {
    for (const include of /** @type {any} */ (reference).$Include ?? []) {
      alias[include.$Namespace] = include.$Alias ?? include.$Namespace;
    }
  }
  return (element, vocabulary, name) =>
    element[`@${alias[vocabulary] ?? vocabulary}.${name}`] ?? element[`@${vocabulary}.${name}`];
}

/** @param {any} object @returns {[string, any][]} */
function members(object) {
  return Object.entries(object).filter(
    ([name, value]) => !/[$@]/.test(name) && value !== null && typeof value === 'object');
}

/** @param {string} name */
function splitName(name) {
  const dot = name.lastIndexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
}

/**
 * @param {string} name
 * @param {any} element
 * @param {(name: string) => any} declared
 * @param {Term} term
 * @param {any} set the restrictions of the set that has this type
 * @returns {EntityType}
 */
function readType(name, element, declared, term, set) {
  const chain = [element];
  while (chain[0].$BaseType && declared(chain[0].$BaseType) && chain.length < 20) {
    chain.unshift(declared(chain[0].$BaseType));
  }
  const capability = (/** @type {string} */ of) => term(set, 'Org.OData.Capabilities.V1', of) ?? {};
  const unfilterable = new Set(capability('FilterRestrictions').NonFilterableProperties);
  const unsortable = new Set(capability('SortRestrictions').NonSortableProperties);
  const groupable = term(set, 'Org.OData.Aggregation.V1', 'ApplySupported')?.GroupableProperties;
  const text = (/** @type {any} */ of) => term(of, 'Org.OData.Core.V1', 'Description') ?? '';
  /** @type {Property[]} */
  const properties = [];
  /** @type {Navigation[]} */
  const navigations = [];
  for (const [member, it] of chain.flatMap(members)) {
    if (it.$Kind === 'NavigationProperty') {
      navigations.push({ name: member, target: it.$Type, collection: !!it.$Collection, partner: it.$Partner ?? '', text: text(it) });
      continue;
    }
    const allowed = term(it, 'Org.OData.Validation.V1', 'AllowedValues') ?? [];
    properties.push({
      name: member,
      type: it.$Collection ? 'Collection' : it.$Type ?? 'Edm.String',
      nullable: !!it.$Nullable,
      text: text(it),
      codes: allowed
        .filter((/** @type {any} */ code) => text(code))
        .map((/** @type {any} */ code) => ({ value: String(code.Value), name: text(code) })),
      filterable: !unfilterable.has(member),
      sortable: !unsortable.has(member),
      groupable: !groupable || groupable.includes(member),
    });
  }
  return { name, text: text(element), key: chain.flatMap((it) => it.$Key ?? []), properties, navigations };
}

const TELLING = ['name', 'title', 'display_name', 'displayName', 'Name', 'Title', 'label', 'subject'];

/** The property that tells a person which row it is. @param {EntityType} type */
export function tellingProperty(type) {
  const strings = type.properties.filter((it) => it.type === 'Edm.String' && it.filterable);
  const named = TELLING.map((name) => strings.find((it) => it.name === name)).find(Boolean);
  return named ?? strings[0] ?? type.properties[0];
}

/**
 * What a path leads to: `Conversation(1)/messages` to messages.
 * @param {Model} model
 * @param {string} path
 * @returns {{set: EntitySet | null, type: EntityType, collection: boolean, rest: string} | null}
 */
export function resolvePath(model, path) {
  const segments = path.split('/').filter(Boolean);
  const first = /^([^(]+)(\(.*\))?$/.exec(segments.shift() ?? '');
  const set = model.sets.find((it) => it.name === first?.[1]);
  if (!first || !set) return null;
  let type = set.type;
  let collection = !first[2];
  while (segments.length) {
    const found = /^([^(]+)(\(.*\))?$/.exec(segments[0] ?? '');
    const navigation = type.navigations.find((it) => it.name === found?.[1]);
    const target = navigation && model.types.get(navigation.target);
    if (!found || !navigation || !target) break;
    type = target;
    collection = navigation.collection && !found[2];
    segments.shift();
  }
  return { set: type === set.type ? set : null, type, collection, rest: segments.join('/') };
}

/**
 * The property at the end of a path such as `inbox/name`.
 * @param {Model} model
 * @param {EntityType} type
 * @param {string} path
 * @returns {Property | null}
 */
export function propertyAt(model, type, path) {
  const steps = path.split('/');
  const last = steps.pop();
  /** @type {EntityType | undefined} */
  let at = type;
  for (const step of steps) {
    /** @type {Navigation | undefined} */
    const navigation = at?.navigations.find((it) => it.name === step);
    at = navigation && model.types.get(navigation.target);
  }
  return at?.properties.find((it) => it.name === last) ?? null;
}

/** Whether an Edm type is a number. @param {string} type */
export const isNumber = (type) =>
  /^Edm\.(S?Byte|Int16|Int32|Int64|Decimal|Double|Single)$/.test(type);

/** Whether an Edm type has a date in it. @param {string} type */
export const isDate = (type) => type === 'Edm.DateTimeOffset' || type === 'Edm.Date';
