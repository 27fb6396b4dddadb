// Makes the API's and the events' descriptions available as JSON: /api/docs/openapi.json and
// /api/docs/asyncapi.json, and the schema of each event, such as /api/docs/events/order-created.json.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

const docs = new URL("../../docs/", import.meta.url);
const target = new URL("../public/api/docs/", import.meta.url);

function read(name) {
  return parse(readFileSync(new URL(name, docs), "utf8"));
}

function write(name, value) {
  writeFileSync(new URL(name, target), JSON.stringify(value));
}

/** A schema that stands alone: what it refers to is among its own definitions. */
function standalone(schemas, name) {
  const all = JSON.parse(JSON.stringify(schemas).replaceAll("#/components/schemas/", "#/$defs/"));
  const used = new Set();
  const collect = (value) => {
    for (const [, other] of JSON.stringify(value).matchAll(/"#\/\$defs\/(\w+)"/g)) {
      if (used.has(other)) continue;
      used.add(other);
      collect(all[other]);
    }
  };
  collect(all[name]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...all[name],
    $defs: Object.fromEntries([...used].sort().map((other) => [other, all[other]])),
  };
}

const events = read("asyncapi.yaml");
mkdirSync(new URL("events/", target), { recursive: true });
// Requests go to the site that shows the page.
write("openapi.json", { ...read("openapi.yaml"), servers: [{ url: "/" }] });
write("asyncapi.json", events);
for (const message of Object.values(events.components.messages)) {
  const schema = message.payload.$ref.split("/").at(-1);
  write(`events/${message.name.replace(":", "-")}.json`, standalone(events.components.schemas, schema));
}
