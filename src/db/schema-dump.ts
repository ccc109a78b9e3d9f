import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { SCHEMA_SQL } from "./schema-query.ts";

/** The dump that this version of the hub brings, beside `migrations/`. */
export const SCHEMA_FILE = fileURLToPath(new URL("../../schema.sql", import.meta.url));

/** One difference between the schema of this version and a database. */
export type Drift = Readonly<{
  /** Such as `table lane` or `index lane.lane_due`. */
  object: string;
  kind: "missing" | "unexpected" | "different";
  expected: string | null;
  found: string | null;
}>;

type SchemaObject = Readonly<{ kind: string; name: string; definition: string }>;

const HEADER =
  "-- The schema after all migrations, read from PostgreSQL's catalogs. Generated: do not edit.\n";
const HEADING = /^-- ([a-z]+ .+)$/;

/** The whole schema of a database as text: equal schemas give equal texts, byte for byte. */
export async function generateSchemaDump(url: string): Promise<string> {
  const objects = await readSchema(url);
  return HEADER + objects.map(toChunk).join("");
}

/**
 * Compares a database with `schema.sql`; an empty list means that they agree.
 *
 * @param file another dump to compare with
 */
export async function compareSchema(url: string, file = SCHEMA_FILE): Promise<Drift[]> {
  const expected = parseDump((await readFile(file, "utf8")).replaceAll("\r\n", "\n"));
  const found = parseDump(await generateSchemaDump(url));
  const names = [...new Set([...expected.keys(), ...found.keys()])];
  return names.flatMap((object) => compareObject(object, expected.get(object), found.get(object)));
}

function compareObject(object: string, expected?: string, found?: string): Drift[] {
  if (expected === found) return [];
  const kind =
    found === undefined ? "missing" : expected === undefined ? "unexpected" : "different";
  return [{ object, kind, expected: expected ?? null, found: found ?? null }];
}

function toChunk({ kind, name, definition }: SchemaObject): string {
  return `\n-- ${kind} ${name}\n${definition.trimEnd()}\n`;
}

/** The chunks of a dump by their heading, which stands alone after an empty line. */
function parseDump(text: string): Map<string, string> {
  const chunks = new Map<string, string>();
  let object: string | undefined;
  let isAfterGap = false;
  for (const line of text.split("\n")) {
    const heading = isAfterGap ? HEADING.exec(line)?.[1] : undefined;
    isAfterGap = line === "";
    if (heading !== undefined) object = heading;
    else if (object !== undefined) {
      chunks.set(object, `${chunks.get(object) ?? ""}${line}\n`.trimEnd().concat("\n"));
    }
  }
  return chunks;
}

async function readSchema(url: string): Promise<SchemaObject[]> {
  const client = new pg.Client({ connectionString: url, application_name: "slipway-schema" });
  await client.connect();
  try {
    // Names of other schemas are printed in full, those of `public` bare, whoever asks.
    await client.query("set search_path = public");
    return (await client.query<SchemaObject>(SCHEMA_SQL)).rows;
  } finally {
    await client.end();
  }
}
