import type { YearWorld } from "./world.ts";

/** What goes wrong on the way, as shares of all webhooks and of all calls to SL. */
export type Faults = Readonly<{ lost: number; doubled: number; spreadMs: number; failing: number }>;

export const USUAL_FAULTS: Faults = {
  lost: 0.02,
  doubled: 0.02,
  spreadMs: 3_600_000,
  failing: 0.01,
};

/** How SL fails, with the part of all failures that each way has. */
const WAYS: readonly Readonly<{ part: number; effect: object }>[] = [
  { part: 0.25, effect: { kind: "http", status: 503 } },
  { part: 0.2, effect: { kind: "deadlock" } },
  { part: 0.2, effect: { kind: "drop", commit: "never" } },
  { part: 0.2, effect: { kind: "drop", commit: "first" } },
  // Done minutes after the connection was lost, within the outcome horizon.
  { part: 0.15, effect: { kind: "drop", commit: "later", afterMs: 200_000 } },
];

/** From now on webhooks are lost, doubled and late, and SL fails now and then. */
export async function letFail(world: YearWorld, faults: Faults, seed: number): Promise<void> {
  const { lost, doubled, spreadMs, failing } = faults;
  const chances = { dropProbability: lost, doubleProbability: doubled, spreadMs, seed };
  await world.stripeAdmin("/webhooks", { pause: true, ...chances });
  for (const [index, { part, effect }] of WAYS.entries()) {
    const rule = { effect, times: null, probability: failing * part, seed: seed + index };
    await world.slAdmin("/faults", rule);
  }
}
