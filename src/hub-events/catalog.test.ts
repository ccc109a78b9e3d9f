import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { exampleOf } from "../../scripts/generate/domain-events.ts";
import { CATALOG, DOMAIN_EVENT_TYPES, DomainEventEnvelope } from "./catalog.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../docs/domain-events.schema.json", import.meta.url), "utf8"),
) as object;
const ajv = new Ajv2020({ strict: false, formats: { "date-time": true } });
const isEvent = ajv.compile(schema);

test.each([...DOMAIN_EVENT_TYPES])(
  "the example of %s is an event by code and by schema",
  (type) => {
    const event = exampleOf(type, CATALOG[type].example);

    expect(CATALOG[type].schema.parse(CATALOG[type].example)).toEqual(CATALOG[type].example);
    expect(DomainEventEnvelope.parse(event)).toEqual(event);
    expect(isEvent(event)).toBe(true);
  },
);

test("an event that lacks what its type carries is none by the schema", () => {
  const event = exampleOf("payment.applied", { object: "ch_3Pq" });

  expect(isEvent(event)).toBe(false);
});
