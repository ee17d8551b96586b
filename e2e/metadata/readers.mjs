// The readers from npm: reads one file of CSDL XML, prints a JSON object for each reader.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const xml = readFileSync(process.argv[2], "utf8");

async function attempt(name, read) {
  const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8"));
  let found;
  try {
    found = await read();
  } catch (error) {
    found = { error: String(error?.stack ?? error).slice(0, 600) };
  }
  console.log(JSON.stringify({ reader: `${name} ${version}`, ...found }));
}

const sum = (all, count) => all.reduce((total, one) => total + count(one), 0);

// The converter of the OData committee; it reports what is against the schema.
await attempt("odata-csdl", () => {
  const { xml2json } = require("odata-csdl");
  const messages = [];
  const json = xml2json(xml, { messages });
  if (messages.length) throw new Error(messages.map((message) => message.message).join("; "));
  const schemas = Object.entries(json).filter(([name]) => !name.startsWith("$")).map(([, schema]) => schema);
  const elements = schemas.flatMap((schema) => Object.values(schema)).filter((one) => typeof one === "object");
  const of = (kind) => elements.filter((one) => one.$Kind === kind);
  const members = (one) => Object.entries(one).filter(([name]) => !/[$@]/.test(name)).map(([, value]) => value);
  const overloads = elements.filter(Array.isArray).flat();
  const types = [...of("EntityType"), ...of("ComplexType")];
  return {
    counts: {
      "entity types": of("EntityType").length,
      "complex types": of("ComplexType").length,
      "enum types": of("EnumType").length,
      properties: sum(types, (one) => members(one).filter((member) => member.$Kind !== "NavigationProperty").length),
      navigation: sum(of("EntityType"), (one) => members(one).filter((member) => member.$Kind === "NavigationProperty").length),
      actions: overloads.filter((one) => one.$Kind === "Action").length,
      functions: overloads.filter((one) => one.$Kind === "Function").length,
      members: sum(of("EntityContainer"), (one) => members(one).filter((member) => member.$Type).length),
    },
  };
});

await attempt("odata-openapi", () => {
  const { xml2json } = require("odata-csdl");
  const { csdl2openapi } = require("odata-openapi");
  const openapi = csdl2openapi(xml2json(xml), {});
  return { said: `${Object.keys(openapi.paths).length} paths, ${Object.keys(openapi.components.schemas).length} schemas` };
});

let parsed;
await attempt("@sap-ux/edmx-parser", () => {
  const { parse } = require("@sap-ux/edmx-parser");
  parsed = parse(xml);
  const { entityTypes, complexTypes, entitySets, singletons, actions } = parsed.schema;
  return {
    counts: {
      "entity types": entityTypes.length,
      "complex types": complexTypes.length,
      members: entitySets.length + singletons.length,
    },
    said: `${entityTypes.length} entity types, ${complexTypes.length} complex types, ${actions.length} operations`,
  };
});

await attempt("@sap-ux/annotation-converter", () => {
  const { convert } = require("@sap-ux/annotation-converter");
  const converted = convert(parsed);
  const unresolved = converted.entityTypes.flatMap((type) => type.navigationProperties.filter((one) => !one.targetType));
  if (unresolved.length) throw new Error(`${unresolved[0].fullyQualifiedName} leads nowhere`);
  return { said: "types are resolved" };
});
