// Runs its share of a campaign's seeds, started by campaign.ts with its orders over IPC.
import { makePlan } from "./plan.ts";
import { type RunResult, runPlan } from "./run.ts";
import { Site } from "./site.ts";
import { watchTrespass } from "./trespass.ts";

/** What a job is to do. */
export type JobOrders = Readonly<{ databaseUrl: string; realEvery: number }>;

/** What the parent says: open your site, run a seed, or end. */
export type ToJob =
  | Readonly<{ kind: "open"; orders: JobOrders }>
  | Readonly<{ kind: "run"; seed: number }>
  | Readonly<{ kind: "end" }>;

/** A result as it travels: maps as lists. */
export type SentResult = Omit<RunResult, "hits"> &
  Readonly<{ cells: [string, number][]; others: [string, number][] }>;

/** What the job says. */
export type FromJob =
  | Readonly<{ kind: "ready" }>
  | Readonly<{ kind: "result"; result: SentResult }>;

let site: Site | undefined;
let orders: JobOrders | undefined;
let isOpening = Promise.resolve();

process.on("message", (message: ToJob) => {
  isOpening = isOpening
    .then(() => obey(message))
    .catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
      process.disconnect();
    });
});
// A parent that is gone wants nothing any more.
process.on("disconnect", () => process.exit());

async function obey(message: ToJob): Promise<void> {
  switch (message.kind) {
    case "open":
      orders = message.orders;
      site = await Site.open(orders.databaseUrl);
      await watchTrespass(site.pool);
      return say({ kind: "ready" });
    case "run": {
      if (site === undefined || orders === undefined) throw new Error("the job has no site");
      const plan = makePlan(message.seed, orders);
      const { hits, ...result } = await runPlan(site, plan);
      const sent = { ...result, cells: [...hits.cells], others: [...hits.others] };
      return say({ kind: "result", result: sent });
    }
    case "end":
      await site?.close();
      process.disconnect();
  }
}

function say(message: FromJob): void {
  process.send?.(message);
}
