import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { SandboxClock } from "../kit/clock.ts";
import { AdminRoutes } from "./admin/routes.ts";
import { Snapshots } from "./admin/snapshots.ts";
import { startBackground } from "./background.ts";
import { CallLog } from "./calls.ts";
import { loadContracts } from "./contract/contract.ts";
import { Faults } from "./faults.ts";
import { seedOrders } from "./seed/orders.ts";
import { seed } from "./seed/seed.ts";
import { ServiceRoutes } from "./service-routes.ts";
import { type Credentials, openSite, type SiteOptions } from "./site.ts";
import { tableDefinitions } from "./tables/schema.ts";
import { Store } from "./tables/store.ts";
import { World } from "./world.ts";

/** How to start a sandbox. */
export type SandboxOptions = SiteOptions &
  Readonly<{
    /** TCP port on 127.0.0.1; 0, the default, takes a free one. */
    port?: number;
    /** Where journal, credentials and snapshots are kept; without it everything is in memory. */
    home?: string;
  }>;

/** A running sandbox. */
export type DynamicsSlSandbox = Readonly<{
  /** The web application, such as `http://127.0.0.1:4711/ctDynamicsSL`. */
  url: string;
  credentials: Credentials;
  /** Stops taking calls, ends open connections and closes the journal. */
  close(): Promise<void>;
}>;

/** The path of the web application, as ctAPI installs it. */
const APPLICATION_PATH = "/ctDynamicsSL";

const KEEP_ALIVE_MS = 120_000;

/**
 * Starts a Dynamics SL with the published ctAPI services on it. With a `home` that was used before,
 * rows, numbers, switches and credentials are those of then.
 */
export async function startDynamicsSlSandbox(
  options: SandboxOptions = {},
): Promise<DynamicsSlSandbox> {
  const clock = new SandboxClock();
  const site = openSite(options.home, options, clock.nowMs());
  const contracts = loadContracts();
  const definitions = tableDefinitions(contracts);
  const journal = options.home === undefined ? undefined : join(options.home, "journal.ndjson");
  const store = new Store(definitions, journal, () => clock.nowMs());
  if (store.count("GLSetup") === 0) seed(store, site.seed);
  // A home of an earlier version has no order management yet.
  if (store.count("SOType") === 0) {
    store.commit(() => seedOrders(store, site.seed.companyId, site.seed.firstPeriod));
  }
  const fresh = (): ReturnType<Store["snapshot"]> => {
    const empty = new Store(definitions, undefined, () => clock.nowMs());
    seed(empty, site.seed);
    return empty.snapshot();
  };
  const world = new World(store, clock, site.credentials.companyId);
  startBackground(world);
  const faults = new Faults();
  const calls = new CallLog();
  const services = new ServiceRoutes({
    world,
    contracts,
    faults,
    calls,
    credentials: site.credentials,
  });
  const admin = new AdminRoutes({
    world,
    faults,
    calls,
    snapshots: new Snapshots(store, options.home),
    fresh,
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://sandbox").pathname;
    const served = path.startsWith("/_sandbox")
      ? admin.serve(request, response)
      : services.serve(request, response);
    served.catch((error: unknown) => {
      // A bug of the sandbox must be seen, and must not look like an answer of SL.
      process.stderr.write(`${inspect(error)}\n`);
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
      response.end(String(error));
    });
  });
  // Longer than clients keep idle connections: a connection closed under a request that is just
  // being sent would look like a lost answer, a fault nobody asked for.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 5000;
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}${APPLICATION_PATH}`,
    credentials: site.credentials,
    close: async () => {
      clock.close();
      await stop(server);
      store.close();
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
