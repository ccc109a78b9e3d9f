// A server that verifies a webhook and stores nothing: the most that any intake can reach.
//
// Usage: node verify-only.ts --secret whsec_… --as hub|sdk
// `hub` is the hub's own intake with a store that keeps nothing; `sdk` is the check of the official
// SDK behind the same web framework, as a shop would write it.
import { parseArgs } from "node:util";
import Fastify, { type FastifyInstance } from "fastify";
import Stripe from "stripe";
import { openPool } from "../../src/db/index.ts";
import { GroupCommitter, registerIntake, type StoreResult } from "../../src/intake/index.ts";
import { serveUntilStopped } from "./serve.ts";

class Nowhere extends GroupCommitter {
  override add(): Promise<StoreResult> {
    return Promise.resolve("stored");
  }
}

const { values } = parseArgs({
  options: { secret: { type: "string", default: "" }, as: { type: "string", default: "hub" } },
});
const app = Fastify({ logger: false });
if (values.as === "sdk") registerSdk(app, values.secret);
else await registerOurs(app, values.secret);
await serveUntilStopped(app);

async function registerOurs(server: FastifyInstance, secret: string): Promise<void> {
  // The pool is never asked, so it never connects.
  const pool = openPool("postgres://nobody@127.0.0.1:1/none", { applicationName: "none" });
  await registerIntake(server, {
    pairs: () => ({ secrets: [secret], pinnedVersion: "2026-10-28.endive" }),
    committer: new Nowhere({ pool }),
  });
}

function registerSdk(server: FastifyInstance, secret: string): void {
  const stripe = new Stripe("sk_test_none");
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
    done(null, body);
  });
  server.post<{ Body: Buffer }>("/webhooks/stripe/:pair", (request, reply) => {
    const signature = String(request.headers["stripe-signature"]);
    stripe.webhooks.constructEvent(request.body, signature, secret);
    return reply.type("application/json").send('{"received":true}');
  });
}
