import pg from "pg";
import { SCHEMA_SQL } from "./schema-query.ts";

type SchemaObject = Readonly<{ kind: string; name: string; definition: string }>;

const HEADER =
  "-- The schema after all migrations, read from PostgreSQL's catalogs. Generated: do not edit.\n";

/** The whole schema of a database as text: equal schemas give equal texts, byte for byte. */
export async function generateSchemaDump(url: string): Promise<string> {
  const objects = await readSchema(url);
  return HEADER + objects.map(toChunk).join("");
}

function toChunk({ kind, name, definition }: SchemaObject): string {
  return `\n-- ${kind} ${name}\n${definition.trimEnd()}\n`;
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
