import { z } from "zod";
import {
  CATALOG,
  DOMAIN_EVENT_TYPES,
  DomainEventEnvelope,
  type DomainEventType,
} from "../../src/hub-events/index.ts";
import { formattedJson, type Generator, markdownTable, replaceSection } from "./generated.ts";

/** `docs/domain-events.schema.json`: what every event looks like, one schema for each type. */
export const generateDomainEventSchema: Generator = () => {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Domain events of Slipway",
    oneOf: DOMAIN_EVENT_TYPES.map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: Object.fromEntries(DOMAIN_EVENT_TYPES.map((type) => [type, schemaOf(type)])),
  };
  const text = `${formattedJson(schema)}\n`;
  return { path: "docs/domain-events.schema.json", text };
};

/** The catalog of `docs/events.md`: a table of all types, and an example of each. */
export const generateDomainEventPage: Generator = (read) => {
  const path = "docs/events.md";
  const rows = DOMAIN_EVENT_TYPES.map((type) => {
    const { version, when, key } = CATALOG[type];
    return [`[\`${type}\`](#${anchorOf(type)})`, String(version), when, key];
  });
  const table = markdownTable(["Type", "Version", "Told when", "Key"], rows);
  const examples = DOMAIN_EVENT_TYPES.map((type) => {
    const text = formattedJson(CATALOG[type].example);
    return `### ${type}\n\n${fieldsOf(type)}\n\n\`\`\`json\n${text}\n\`\`\``;
  });
  const body = [table, ...examples].join("\n\n");
  return { path, text: replaceSection(read(path), "domain events", body) };
};

function schemaOf(type: DomainEventType): object {
  const { schema, version, when, example } = CATALOG[type];
  const whole = DomainEventEnvelope.extend({
    type: z.literal(type),
    version: z.literal(version),
    data: schema,
  });
  const { $schema: _, ...rest } = z.toJSONSchema(whole, { io: "input" });
  return { description: when, ...rest, examples: [exampleOf(type, example)] };
}

/** A whole event with the example of the catalog in it. */
export function exampleOf(type: DomainEventType, example: object): object {
  return {
    id: "hev_5f0c2b1e9a7d4c38b6e1f2a3d4c5b6a7",
    type,
    version: CATALOG[type].version,
    timestamp: "2026-11-23T08:15:04.217Z",
    position: "1042",
    pair: type.startsWith("subscriber.") ? null : "acme-us",
    key: type.startsWith("pair.") ? "pair" : "pi_3Pq",
    data: example,
  };
}

/** What the fields mean whose names do not say it. */
function fieldsOf(type: DomainEventType): string {
  const { properties = {} } = z.toJSONSchema(CATALOG[type].schema) as {
    properties?: Record<string, { description?: string }>;
  };
  const told = Object.entries(properties).flatMap(([name, { description }]) =>
    description === undefined ? [] : [`\`${name}\`: ${description}.`],
  );
  const { when } = CATALOG[type];
  return [`${when[0]?.toUpperCase()}${when.slice(1)}.`, ...told].join(" ");
}

function anchorOf(type: string): string {
  return type.replaceAll(".", "");
}
