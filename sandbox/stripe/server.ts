import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import Fastify, { type FastifyInstance } from "fastify";
import { ZodError } from "zod";
import { serveActs } from "./admin/acts.ts";
import type { AdminParts } from "./admin/parts.ts";
import { serveAdmin } from "./admin/routes.ts";
import { Snapshots } from "./admin/snapshots.ts";
import { StripeError } from "./errors.ts";
import { Faults } from "./faults.ts";
import { serveApi } from "./http/serve.ts";
import { captureBefore } from "./money/holds.ts";
import { bookDueCharges } from "./operations/charges.ts";
import { expireHolds } from "./operations/intents.ts";
import { randomText } from "./random.ts";
import { allRoutes } from "./routes/all.ts";
import { WebhookSender } from "./webhooks/sender.ts";
import { World } from "./world.ts";

/** How to start a sandbox. */
export type StripeSandboxOptions = {
  /** Default 0: a free one. */
  port?: number;
  /** Folder for rows, snapshots and the key; without it they live as long as the sandbox. */
  home?: string;
  /** The secret key; default: the one in the home, else a new one. */
  secretKey?: string;
};

/** A running sandbox. */
export type StripeSandbox = {
  /** `http://127.0.0.1:PORT`, the SDK's `host`, `port` and `protocol`, the CLI's `--api-base`. */
  url: string;
  port: number;
  secretKey: string;
  /** Stops taking requests and sending webhooks; rows in a home stay there. */
  close: () => Promise<void>;
};

/** Starts a sandbox on the loopback address; it is ready when the promise resolves. */
export async function startStripeSandbox(
  options: StripeSandboxOptions = {},
): Promise<StripeSandbox> {
  const { home } = options;
  if (home !== undefined) mkdirSync(home, { recursive: true });
  const secretKey = keyOf(options);
  const world = new World(home === undefined ? undefined : join(home, "rows.jsonl"));
  const sender = new WebhookSender(world);
  const faults = new Faults();
  const waits = armCharges(world);
  const snapshots = new Snapshots(home);
  const parts: AdminParts = { world, sender, faults, snapshots, rearm: waits.rearm };
  const app = Fastify({ forceCloseConnections: true, keepAliveTimeout: 65_000 });
  app.setErrorHandler(adminError);
  await app.register(async (api) => serveApi(api, { world, secretKey, faults, routes: allRoutes }));
  await app.register(async (admin) => {
    serveAdmin(admin, parts);
    serveActs(admin, parts);
  });
  await listen(app, options.port ?? 0);
  sender.reload();
  const { port } = app.server.address() as AddressInfo;
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    sender.close();
    world.clock.close();
    await app.close();
    world.store.close();
  };
  return { url: `http://127.0.0.1:${port}`, port, secretKey, close };
}

async function listen(app: FastifyInstance, port: number): Promise<void> {
  await app.listen({ host: "127.0.0.1", port });
}

function keyOf({ home, secretKey }: StripeSandboxOptions): string {
  const path = home === undefined ? undefined : join(home, "secret-key");
  if (secretKey === undefined && path !== undefined && existsSync(path)) {
    return readFileSync(path, "utf8").trim();
  }
  const key = secretKey ?? `sk_test_${randomText(48)}`;
  if (path !== undefined) writeFileSync(path, `${key}\n`, { mode: 0o600 });
  return key;
}

/** What becomes of a charge by itself once its time has come. */
type Due = Readonly<{
  /** Charges that wait, each with the instant in ms; a newer one is never due before an older. */
  waiting: () => readonly number[];
  act: () => void;
}>;

/** Balance rows of asynchronous captures, and authorisations that nobody captured in time. */
function armCharges(world: World): { rearm: () => void } {
  const rearms = [
    arm(world, {
      waiting: () =>
        world.tables.charge.by("awaits_balance", "yes").map((one) => one.balance_due_ms ?? 0),
      act: () => bookDueCharges(world),
    }),
    arm(world, {
      waiting: () =>
        world.tables.charge.by("is_held", "yes").map((one) => captureBefore(one) * 1000),
      act: () => expireHolds(world),
    }),
  ];
  return {
    rearm: () => {
      for (const rearm of rearms) rearm();
    },
  };
}

function arm(world: World, due: Due): () => void {
  let callOff: (() => void) | undefined;
  const rearm = () => {
    callOff?.();
    callOff = undefined;
    const waiting = due.waiting();
    if (waiting.length === 0) return;
    const next = Math.min(...waiting);
    callOff = world.clock.after(Math.max(0, next - world.clock.nowMs()), () => {
      callOff = undefined;
      due.act();
      rearm();
    });
  };
  rearm();
  const sendEvents = world.onCommitted;
  world.onCommitted = (events) => {
    sendEvents?.(events);
    // One timer is enough for those that come later.
    const isNews = callOff === undefined && events.some(({ type }) => type.startsWith("charge."));
    if (isNews) rearm();
  };
  return rearm;
}

function adminError(
  error: unknown,
  _request: unknown,
  reply: { code: (status: number) => { send: (body: unknown) => unknown } },
): void {
  if (error instanceof StripeError) void reply.code(error.status).send(error.body());
  else if (error instanceof ZodError) void reply.code(400).send({ error: error.issues });
  else if (error instanceof Error) {
    const status = "statusCode" in error ? Number(error.statusCode) : 500;
    void reply.code(status).send({ error: { message: error.message } });
  } else void reply.code(500).send({ error: { message: String(error) } });
}
