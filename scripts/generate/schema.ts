import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSchemaDump, migrate, startEmbeddedPostgres } from "../../src/db/index.ts";
import type { Generator } from "./generated.ts";

/** `schema.sql`: what a new database holds after all migrations, read from a real server. */
export const generateSchema: Generator = async () => {
  const home = mkdtempSync(join(tmpdir(), "slipway-schema-"));
  try {
    const postgres = await startEmbeddedPostgres({ home });
    try {
      await migrate(postgres.url);
      return { path: "schema.sql", text: await generateSchemaDump(postgres.url) };
    } finally {
      await postgres.stop();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
};
