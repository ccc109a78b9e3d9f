import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import Stripe from "stripe";
import { startChild } from "../../src/cli/child.ts";
import { openPool } from "../../src/db/index.ts";
import { DEMO_PAIR, demoSettings } from "../../src/demo/demo-pair.ts";
import type { SlSandboxReady, StripeSandboxReady } from "../../src/demo/sandbox-ready.ts";
import { type HubChild, startHub } from "./hub-child.ts";
import { type SandboxAdmin, sandboxAdmin } from "./sandbox-admin.ts";
import type { Stops } from "./stops.ts";

/** Two sandboxes and a hub with a pair between them, each a process of its own over TCP. */
export type Scene = Readonly<{
  pair: string;
  hub: HubChild;
  /** The hub's database, to look at what it has done. */
  database: Pool;
  stripe: Stripe;
  stripeAdmin: SandboxAdmin;
  slAdmin: SandboxAdmin;
  pids: Readonly<{ hub: number; stripe: number; sl: number }>;
}>;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Brings everything up, and leaves word with `stops` how it comes down. The sandboxes keep their rows in memory: their disk is not what is
 * measured.
 *
 * @param options.hubDatabaseUrl by which the hub reaches its database, where that is another way
 * @param options.change settings of the pair that differ from the demo's, by path
 */
export async function openScene(
  stops: Stops,
  options: {
    databaseUrl: string;
    hubDatabaseUrl?: string;
    home: string;
    change?: Readonly<Record<string, unknown>>;
    profile?: string | undefined;
  },
): Promise<Scene> {
  const { databaseUrl, hubDatabaseUrl = databaseUrl } = options;
  const stripeChild = await startSandbox<StripeSandboxReady>("stripe");
  stops.add(() => stripeChild.stop());
  const slChild = await startSandbox<SlSandboxReady>("dynamics-sl");
  stops.add(() => slChild.stop());
  const hub = await startHub({ ...options, databaseUrl: hubDatabaseUrl });
  stops.add(() => hub.stop());
  const database = openPool(databaseUrl, { max: 1, applicationName: "slipway-bench" });
  stops.add(() => database.end());
  const stripe = openSdk(stripeChild.ready);
  const sandboxes = { stripe: stripeChild.ready, sl: slChild.ready };
  await addPair(hub, stripe, { ...sandboxes, change: options.change ?? {} });
  return {
    pair: DEMO_PAIR,
    hub,
    database,
    stripe,
    stripeAdmin: sandboxAdmin(stripeChild.ready.url),
    slAdmin: sandboxAdmin(new URL(slChild.ready.url).origin),
    pids: { hub: hub.pid, stripe: stripeChild.pid, sl: slChild.pid },
  };
}

function startSandbox<Ready extends object>(folder: string) {
  return startChild<Ready>({
    name: `The sandbox ${folder}`,
    script: join(ROOT, "sandbox", folder, "main.ts"),
    args: ["--port", "0"],
  });
}

function openSdk({ url, secretKey }: StripeSandboxReady): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(secretKey, {
    host: hostname,
    port: Number(port),
    protocol: "http",
    telemetry: false,
  });
}

async function addPair(
  hub: HubChild,
  stripe: Stripe,
  options: {
    stripe: StripeSandboxReady;
    sl: SlSandboxReady;
    change: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const endpoint = await stripe.webhookEndpoints.create({
    url: `${hub.url}/webhooks/stripe/${DEMO_PAIR}`,
    enabled_events: ["*"],
  });
  const webhookSecret = endpoint.secret ?? "";
  const settings = demoSettings({ stripe: options.stripe, sl: options.sl, webhookSecret });
  await hub.api("/api/pairs", { method: "POST", body: { id: DEMO_PAIR, settings } });
  for (const [path, value] of Object.entries(options.change)) {
    await hub.api(`/api/pairs/${DEMO_PAIR}`, { method: "PATCH", body: { path, value } });
  }
}
