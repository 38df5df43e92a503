// The part of check-metadata that needs JavaScript: converters, CSDL JSON schema, vocabularies.
"use strict";

const { readFileSync } = require("node:fs");
const { isDeepStrictEqual } = require("node:util");
const Ajv = require("ajv");
const { xml2json } = require("odata-csdl");
const { csdl2openapi } = require("odata-openapi");
const { VocabularyService } = require("@sap-ux/odata-vocabularies");

const [xmlFile, jsonFile] = process.argv.slice(2);
const faults = [];

// XML to JSON, which also finds what the XSD can't.
const messages = [];
const converted = xml2json(readFileSync(xmlFile), { messages });
faults.push(...messages.map((m) => `odata-csdl: ${m.message} (line ${m.parser?.line})`));

const schema = JSON.parse(readFileSync(require.resolve("odata-csdl/schemas/csdl.schema.json")));
const validate = new Ajv({ strict: false, unicodeRegExp: true, logger: false }).compile(schema);
checkSchema("converted", converted);

// The service's own JSON says the same; its version is always the first that has CSDL JSON.
if (jsonFile) {
  const own = JSON.parse(readFileSync(jsonFile));
  checkSchema(jsonFile, own);
  const difference = firstDifference("", converted, { ...own, $Version: converted.$Version });
  if (difference) faults.push(`${jsonFile} differs from the converted XML: ${difference}`);
}

// Names lead somewhere.
checkNames(converted);

// OpenAPI: a service that can only be read has nothing but GET.
const openapiMessages = [];
const openapi = csdl2openapi(converted, { messages: openapiMessages });
faults.push(...openapiMessages.map((m) => `odata-openapi: ${JSON.stringify(m)}`));
for (const [path, item] of Object.entries(openapi.paths)) {
  for (const method of ["post", "put", "patch", "delete"]) {
    if (item[method]) faults.push(`odata-openapi: ${method.toUpperCase()} ${path}`);
  }
}

// Annotations: every term and every property of a record stands in its vocabulary.
const vocabularies = new VocabularyService(true, false);
const namespaces = Object.fromEntries(
  Object.values(converted.$Reference ?? {})
    .flatMap((reference) => reference.$Include)
    .map((include) => [include.$Alias, include.$Namespace]),
);
let annotations = 0;
checkAnnotations("", converted);

function checkSchema(name, json) {
  if (validate(json)) return;
  faults.push(...validate.errors.map((e) => `${name}${e.instancePath}: ${e.message}`));
}

function checkNames(csdl) {
  const named = (name) => name.split(".").reduce((json, part) => json?.[part], csdl);
  const members = (json) => Object.entries(json).filter(([name]) => !/[$@]/.test(name));
  const container = named(csdl.$EntityContainer);
  for (const [setName, set] of members(container)) {
    const type = named(set.$Type);
    if (!type) {
      faults.push(`${setName}: no type ${set.$Type}`);
      continue;
    }
    const names = members(type).map(([name]) => name.toLowerCase());
    if (new Set(names).size < names.length) faults.push(`${setName}: names that differ by case only`);
    for (const key of type.$Key ?? []) {
      if (!type[key] || type[key].$Nullable) faults.push(`${setName}: key '${key}' may be null`);
    }
    for (const [name, property] of members(type)) {
      if (property.$Kind !== "NavigationProperty") continue;
      const here = `${setName}/${name}`;
      const binding = set.$NavigationPropertyBinding?.[name];
      if (container[binding]?.$Type !== property.$Type) faults.push(`${here}: bound to '${binding}'`);
      const target = named(property.$Type);
      const back = target?.[property.$Partner];
      if (property.$Partner && (back?.$Type !== set.$Type || back.$Partner !== name)) {
        faults.push(`${here}: partner '${property.$Partner}' does not lead back`);
      }
      for (const [dependent, principal] of Object.entries(property.$ReferentialConstraint ?? {})) {
        const types = [type[dependent], target?.[principal]].map((p) => p?.$Type);
        if (!types[0] || types[0] !== types[1]) faults.push(`${here}: ${dependent} and ${principal}`);
        if (property.$Nullable && !type[dependent]?.$Nullable) {
          faults.push(`${here}: may be null, '${dependent}' may not`);
        }
      }
    }
  }
}

function checkAnnotations(path, json) {
  if (json === null || typeof json !== "object") return;
  for (const [name, value] of Object.entries(json)) {
    const here = `${path}/${name}`;
    checkAnnotations(here, value);
    if (!name.includes("@")) continue;
    annotations += 1;
    const [alias, local] = name.slice(name.indexOf("@") + 1).split(".");
    const term = vocabularies.getTerm(`${namespaces[alias]}.${local}`);
    if (!term) faults.push(`${here}: no such term`);
    else checkValue(here, term.type, term.isCollection, value);
  }
}

function checkValue(path, type, collection, value) {
  if (Array.isArray(value) !== Boolean(collection)) {
    faults.push(`${path}: ${collection ? "expected" : "unexpected"} collection`);
    return;
  }
  for (const item of collection ? value : [value]) {
    const definition = vocabularies.getType(type);
    if (definition?.kind === "EnumType") {
      const members = (definition.values ?? []).map((member) => member.name);
      if (!members.includes(item)) faults.push(`${path}: '${item}' is none of ${members}`);
    } else if (definition?.kind === "ComplexType") {
      for (const [name, member] of Object.entries(item)) {
        if (name.includes("@")) continue;
        const property = vocabularies.getComplexTypeProperty(type, name);
        if (!property) faults.push(`${path}/${name}: ${type} has no such property`);
        else checkValue(`${path}/${name}`, property.type, property.isCollection, member);
      }
    }
  }
}

function firstDifference(path, a, b) {
  if (isDeepStrictEqual(a, b)) return undefined;
  const objects = [a, b].every((x) => x !== null && typeof x === "object");
  if (!objects) return `${path}: ${JSON.stringify(a)} is ${JSON.stringify(b)}`;
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const difference = firstDifference(`${path}/${name}`, a[name], b[name]);
    if (difference) return difference;
  }
  return undefined;
}

if (annotations === 0) faults.push("no annotations found");
if (Object.keys(openapi.paths).length === 0) faults.push("odata-openapi: no paths");
for (const fault of faults) console.error(fault);
console.log(
  `${xmlFile}: ${annotations} annotations, ${Object.keys(openapi.paths).length} OpenAPI paths, ${faults.length} faults`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
