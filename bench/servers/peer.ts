// A server around @supabase/stripe-sync-engine: each webhook is verified and its object is stored
// before the answer, as in the package's own server.
//
// Usage: node peer.ts --database postgres://… --secret whsec_…
// The package's CommonJS build is taken: the other one fails to find its migrations. It is an
// optional part of this bench, found by Node's rules or in a folder of NODE_PATH.
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import Fastify from "fastify";
import { serveUntilStopped } from "./serve.ts";

type Peer = Readonly<{
  runMigrations(config: { databaseUrl: string; schema: string; logger: object }): Promise<void>;
  StripeSync: new (config: {
    schema: string;
    stripeSecretKey: string;
    stripeWebhookSecret: string;
    autoExpandLists: boolean;
    backfillRelatedEntities: boolean;
    poolConfig: { connectionString: string; max: number };
  }) => { processWebhook(body: Buffer, signature: string): Promise<void>; close(): Promise<void> };
}>;

/** As many as the hub has. */
const POOL_SIZE = 20;

const { values } = parseArgs({
  options: {
    database: { type: "string", default: "" },
    secret: { type: "string", default: "" },
  },
});
const require = createRequire(import.meta.url);
const { runMigrations, StripeSync } = require("@supabase/stripe-sync-engine") as Peer;
// It logs a failed migration and goes on; a peer without its tables must not be measured.
const failures: unknown[] = [];
const logger = { info: () => undefined, error: (error: unknown) => failures.push(error) };
await runMigrations({ databaseUrl: values.database, schema: "stripe", logger });
if (failures.length > 0) throw new AggregateError(failures, String(failures[0]));
const sync = new StripeSync({
  schema: "stripe",
  stripeSecretKey: "sk_test_none",
  stripeWebhookSecret: values.secret,
  // Neither asks Stripe for more than the event holds: the charge alone is stored.
  autoExpandLists: false,
  backfillRelatedEntities: false,
  poolConfig: { connectionString: values.database, max: POOL_SIZE },
});
const app = Fastify({ logger: false });
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
  done(null, body);
});
app.post<{ Body: Buffer }>("/webhooks/stripe/:pair", async (request, reply) => {
  await sync.processWebhook(request.body, String(request.headers["stripe-signature"]));
  return reply.type("application/json").send('{"received":true}');
});
await serveUntilStopped(app, () => sync.close());
