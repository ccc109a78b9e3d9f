import Fastify, { type FastifyInstance } from "fastify";
import type { Pool } from "pg";
import type { Clock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import type { StripePort } from "../../src/canonical/port.ts";
import type { PairSettings } from "../../src/config/index.ts";
import { type CtapiConnector, createCtapiConnector } from "../../src/erp/ctapi/index.ts";
import type { ErpConnector } from "../../src/erp/port.ts";
import { GroupCommitter, registerIntake } from "../../src/intake/index.ts";
import { type LaneWorker, startLaneWorker } from "../../src/lanes/index.ts";
import { noteCall, Reference, runLane } from "../../src/runs/index.ts";
import { PINNED_API_VERSION } from "../../src/stripe/index.ts";

const LANES_AT_ONCE = 8;
const STOP_WITHIN_MS = 3_000;

/** What a hub is put together from, here as in `src/compose.ts`. */
export type HubParts = Readonly<{
  settings: PairSettings;
  /** As they are in the run that is under way; default: `settings`. */
  settingsNow?: () => PairSettings;
  pool: Pool;
  databaseUrl: string;
  owner: string;
  clock: Clock;
  log: Log;
  erp: ErpConnector;
  stripe: StripePort;
  /** Whether it works for the pair at present. */
  isWanted: () => boolean;
  onRun: (words: string) => void;
  onTakeOver: (words: string) => void;
}>;

/** The connector of a pair, as the hub makes it. */
export function connect({ sl }: PairSettings): CtapiConnector {
  return createCtapiConnector({
    baseUrl: sl.url,
    user: sl.user,
    password: sl.password.reveal(),
    siteId: sl.siteId,
    siteKey: sl.siteKey?.reveal() ?? "",
    companyId: sl.companyId,
    maxSockets: sl.callLimit,
    onCall: ({ outcome }) => noteCall(outcome),
  });
}

/** Starts the lanes and runs of a hub. */
export function startLanes(parts: HubParts): { worker: LaneWorker; reference: Reference } {
  const { settings, pool, owner, clock, log, erp, stripe } = parts;
  const { id } = settings;
  const reference = new Reference(erp, clock);
  const { settingsNow = () => settings } = parts;
  const runtime = () => ({ id, settings: settingsNow(), stripe, erp, reference });
  const worker = startLaneWorker({
    pool,
    url: parts.databaseUrl,
    owner,
    pairs: () => (parts.isWanted() ? [{ pair: id, limit: settings.sl.callLimit }] : []),
    maxLanes: LANES_AT_ONCE,
    work: async (lane, signal, leave) => {
      const deps = {
        ...{ pool, clock, log, worker: owner, pair: runtime },
        onRun: (_pair: string, outcome: string) => parts.onRun(`${owner} ${lane.key} ${outcome}`),
        onAttempt: () => undefined,
      };
      leave(await runLane(deps, lane, signal));
    },
    clock,
    log,
    onTakeOver: ({ key, takenOverFrom }) =>
      parts.onTakeOver(`${owner} takes ${key} over from ${takenOverFrom}`),
    stopWithinMs: STOP_WITHIN_MS,
  });
  return { worker, reference };
}

/** The hub's door for webhooks. */
export async function openIntake(
  parts: Pick<HubParts, "settings" | "pool" | "log">,
): Promise<FastifyInstance> {
  const { settings, pool, log } = parts;
  const app = Fastify({ logger: false });
  const secrets = settings.stripe.webhookSecrets.map((secret) => secret.reveal());
  const pair = { secrets, pinnedVersion: PINNED_API_VERSION };
  await registerIntake(app, {
    pairs: (id) => (id === settings.id ? pair : undefined),
    committer: new GroupCommitter({ pool }),
    log,
  });
  await app.ready();
  return app;
}
