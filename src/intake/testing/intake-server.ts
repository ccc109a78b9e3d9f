import Fastify from "fastify";
import type { Pool } from "pg";
import { GroupCommitter } from "../group-committer.ts";
import { registerIntake } from "../plugin.ts";
import { SECRET } from "./webhook.ts";

/** Serves the intake of the pair `acme` on a free port, and nothing else. */
export async function startIntake(pool: Pool): Promise<{ url: string; close(): Promise<void> }> {
  const app = Fastify({ forceCloseConnections: true });
  await registerIntake(app, {
    pairs: (id) =>
      id === "acme" ? { secrets: [SECRET], pinnedVersion: "2026-10-28.endive" } : undefined,
    committer: new GroupCommitter({ pool }),
  });
  const base = await app.listen({ port: 0, host: "127.0.0.1" });
  return { url: `${base}/webhooks/stripe/acme`, close: () => app.close() };
}
