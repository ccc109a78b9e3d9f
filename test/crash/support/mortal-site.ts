import { Pool } from "pg";
import { type SandboxSite, startSandboxSite } from "../../../src/erp/ctapi/testing/sandbox-site.ts";
import { createTestDatabase } from "../../support/postgres.ts";

/** A database and an SL that outlive the processes that die in a test. */
export type MortalSite = Readonly<{ pool: Pool; site: SandboxSite; close(): Promise<void> }>;

/** Opens both; whoever asks closes them. */
export async function openMortalSite(): Promise<MortalSite> {
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
