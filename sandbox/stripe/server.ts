import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import Fastify, { type FastifyInstance } from "fastify";
import { ZodError } from "zod";
import { serveActs } from "./admin/acts.ts";
import { serveMoneyMoves } from "./admin/money-acts.ts";
import type { AdminParts } from "./admin/parts.ts";
import { servePayoutActs } from "./admin/payout-acts.ts";
import { serveAdmin } from "./admin/routes.ts";
import { serveRowActs } from "./admin/row-acts.ts";
import { serveScript } from "./admin/script.ts";
import { Snapshots } from "./admin/snapshots.ts";
import { StripeError } from "./errors.ts";
import { Faults } from "./faults.ts";
import { serveApi } from "./http/serve.ts";
import { Agenda } from "./operations/agenda.ts";
import { dues } from "./operations/dues.ts";
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
  const agenda = new Agenda(world, dues);
  const snapshots = new Snapshots(home);
  const parts: AdminParts = { world, sender, faults, snapshots, rearm: () => agenda.rearm() };
  const app = Fastify({ forceCloseConnections: true, keepAliveTimeout: 65_000 });
  app.setErrorHandler(adminError);
  await app.register(async (api) => serveApi(api, { world, secretKey, faults, routes: allRoutes }));
  await app.register(async (admin) => {
    serveAdmin(admin, parts);
    serveActs(admin, parts);
    serveMoneyMoves(admin, parts);
    servePayoutActs(admin, parts);
    serveRowActs(admin, parts);
    serveScript(admin, parts, secretKey);
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
