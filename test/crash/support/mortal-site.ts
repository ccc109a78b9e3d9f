import { Pool } from "pg";
import { afterAll, beforeAll } from "vitest";
import { type SandboxSite, startSandboxSite } from "../../../src/erp/ctapi/testing/sandbox-site.ts";
import { createTestDatabase } from "../../support/postgres.ts";

/** A database and an SL that outlive the processes that die in a test. */
type MortalSite = Readonly<{ pool: Pool; site: SandboxSite; close(): Promise<void> }>;

/** Opens both for the tests of a file, and closes them after the last one. */
export function withMortalSite(take: (opened: MortalSite) => void): void {
  let lasting: MortalSite | undefined;
  beforeAll(async () => {
    lasting = await openMortalSite();
    take(lasting);
  });
  afterAll(() => lasting?.close());
}

async function openMortalSite(): Promise<MortalSite> {
  const database = await createTestDatabase();
  const pool = new Pool({ connectionString: database.url });
  const site = await startSandboxSite();
  await site.connector.check();
  return {
    pool,
    site,
    close: async () => {
      await site.close();
      await pool.end();
      await database.drop();
    },
  };
}
