import type { World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";

const RECEIVABLES = ["1200", "1210"];

/** What a test of dry runs asks and looks at, of the world that it opens before. */
export function foreseeing(open: () => World) {
  return {
    foresee: (object: string) => foresee(open(), object),
    bookedEntries: (stripeId: string) => bookedEntries(open(), stripeId),
    entriesIn: (module: string, batches: readonly string[]) => entriesIn(open(), module, batches),
    areAllEnded: (laneKey: string) => areAllEnded(open(), laneKey),
  };
}

export type ForeseenMemo = Readonly<{
  purpose: string;
  object: string;
  customerId: string;
  notes: readonly string[];
  entries: readonly Readonly<{ account: string; debit?: string; credit?: string }>[];
}>;
export type Foreseen = Readonly<{
  object: string;
  documents: readonly ForeseenMemo[];
  problem: unknown;
}>;

/** What a dry run of a backfill from today shows of a sale. */
async function foresee(world: World, object: string): Promise<Foreseen> {
  const today = new Date().toISOString().slice(0, 10);
  const path = `/api/pairs/${world.pair}/backfill`;
  const from = new Date(Date.parse(today) - 86_400_000).toISOString().slice(0, 10);
  const body = { from, dryRun: true, show: 100, by: "test" };
  const { plan } = await world.api<{ plan: { previews: Foreseen[] } }>(path, {
    method: "POST",
    body,
  });
  const found = plan.previews.find((one) => one.object === object);
  if (found === undefined) throw new Error(`${object} is not foreseen`);
  return found;
}

/** What documents leave on each account but receivables: `4100 33.33, 2200 2.54`. */
async function bookedEntries(world: World, stripeId: string): Promise<string[]> {
  const rows = await documentsOf(world, [stripeId]);
  return entriesIn(
    world,
    "AR",
    rows.map(({ BatNbr }) => trimmed(BatNbr)),
  );
}

async function entriesIn(
  world: World,
  module: string,
  batches: readonly string[],
): Promise<string[]> {
  const lines = (await world.slRows("GLTran")).filter(({ Module }) => trimmed(Module) === module);
  return batches.map((batNbr) => {
    const own = lines.filter((line) => trimmed(line.BatNbr) === batNbr);
    const entries = own.map(({ Acct, DrAmt, CrAmt }) => {
      const amounts = { debit: String(DrAmt), credit: String(CrAmt) };
      return { account: trimmed(Acct), ...amounts };
    });
    return entriesOf(entries);
  });
}

/** As a ledger is read, without receivables. */
export function entriesOf(entries: ForeseenMemo["entries"]): string {
  return entries
    .filter(({ account }) => !RECEIVABLES.includes(account))
    .map(({ account, debit = 0, credit = 0 }) => {
      return `${account} ${Math.round((Number(debit) - Number(credit)) * 100) / 100}`;
    })
    .sort()
    .join(", ");
}

/** One with an open dispute is looked at again, and so never quite at rest. */
async function areAllEnded(world: World, laneKey: string): Promise<boolean> {
  const told = "select from event where lane_key = $1 and end_state is null";
  return (await world.sql(told, [laneKey])).length === 0;
}
