import type { ProofAnswer, ProofOfCurrency, WatchAnswer } from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { wake } from "./restores.ts";
import { today } from "./trade.ts";

type Document = Readonly<{ text: string; customer: string; number: string }>;

/** What a test of reversals does and looks at, of the world that it opens before. */
export function reversing(open: () => World) {
  const slipway = (...args: string[]) =>
    runCommand(args, { SLIPWAY_URL: open().hubUrl(), SLIPWAY_TOKEN: open().token });
  return {
    slipway,
    reverse: (id: string, ...more: string[]) =>
      slipway("reverse", id, "--reason", "a test", "--by", "maria", "--yes", ...more),
    booksOf: (ids: readonly string[]) => booksOf(open(), ids),
    texts: async (ids: readonly string[]) => (await booksOf(open(), ids)).map(({ text }) => text),
    balancesOf: (ids: readonly string[]) => balancesOf(open(), ids),
    journalsOf: (id: string) => journalsOf(open(), id),
    proofOf: (date?: string) => proofOf(open(), date),
    untilIdle: (lane: string) => untilIdle(open(), lane),
    untilReversed: (lane: string) => untilReversed(open(), lane),
    loseAnswers: () => loseAnswers(open()),
    watched: () => watched(open()),
    openOrderOf: (sale: string) => openOrderOf(open(), sale),
    cancelledBack: (of: Readonly<{ id: string; number: string }>) => cancelledBack(open(), of),
  };
}

/** Every document of these Stripe objects in SL, as `IN 60 open 0`, oldest batch first. */
async function booksOf(world: World, ids: readonly string[]): Promise<Document[]> {
  const rows = await documentsOf(world, ids);
  return rows
    .filter((row) => Number(row.Rlsed) === 1)
    .sort((a, b) => trimmed(a.BatNbr).localeCompare(trimmed(b.BatNbr)))
    .map((row) => ({
      text: `${trimmed(row.DocType)} ${Number(row.OrigDocAmt)} open ${Number(row.DocBal)}`,
      customer: trimmed(row.CustId),
      number: trimmed(row.RefNbr),
    }));
}

/** What the accounts of SL hold of these documents together, in cents. */
async function balancesOf(world: World, ids: readonly string[]): Promise<Record<string, number>> {
  const batches = new Set((await documentsOf(world, ids)).map((row) => trimmed(row.BatNbr)));
  return movedBy(world, (module, batNbr) => module === "AR" && batches.has(batNbr));
}

/** What the journals of a payout or a day hold together, by account, and how many there are. */
async function journalsOf(
  world: World,
  id: string,
): Promise<{ count: number; cents: Record<string, number> }> {
  const batches = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === id && row.Rlsed === 1,
  );
  const numbers = new Set(batches.map(({ BatNbr }) => trimmed(BatNbr)));
  const cents = await movedBy(world, (module, batNbr) => module === "GL" && numbers.has(batNbr));
  return { count: batches.length, cents };
}

async function movedBy(
  world: World,
  isWanted: (module: string, batNbr: string) => boolean,
): Promise<Record<string, number>> {
  const cents: Record<string, number> = {};
  for (const { Module, BatNbr, Acct, DrAmt, CrAmt } of await world.slRows("GLTran")) {
    if (!isWanted(trimmed(Module), trimmed(BatNbr))) continue;
    const change = Math.round((Number(DrAmt) - Number(CrAmt)) * 100);
    cents[trimmed(Acct)] = (cents[trimmed(Acct)] ?? 0) + change;
  }
  return Object.fromEntries(Object.entries(cents).filter(([, sum]) => sum !== 0));
}

async function proofOf(world: World, date = today()): Promise<ProofOfCurrency> {
  await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
  await until("all rows to be kept", async () => {
    const kept = await world.sql("select row_id from balance_row");
    const all = await world.stripeRows("balance_transaction");
    if (kept.length === all.length) return true;
    await world.sql("update event_walk set position = since, deep_at = null where kind = 'rows'");
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    return false;
  });
  const answer = await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?date=${date}`);
  return answer.proofs[0] as ProofOfCurrency;
}

/** No run works on it, or is about to; a payout that has not arrived is looked at again later. */
async function untilIdle(world: World, lane: string): Promise<void> {
  await until(`${lane} to be idle`, async () => {
    const [row] = await world.sql(
      `select owner is null and (due_at is null or due_at > now() + interval '1 minute') as is_idle
       from lane where key = $1`,
      [lane],
    );
    return row?.is_idle === true;
  });
}

/** SL does what the writes of memos and journals ask for, and an answer of each is lost. */
async function loseAnswers(world: World): Promise<void> {
  for (const service of ["invoiceAndMemo", "paymentApplication"]) {
    for (const actionType of ["UPDATE", "RELEASENOW"]) {
      const match = { service, operation: "editScreen", actionType };
      await world.slAdmin("/faults", { match, effect: { kind: "drop", commit: "first" } });
    }
  }
}

/** What a whole look at SL has to say against the books. */
async function watched(world: World): Promise<readonly unknown[]> {
  await world.sql("update intent set updated_at = now() - interval '1 hour'");
  const path = `/api/pairs/${world.pair}/watch`;
  const body = { full: true };
  const { state: before } = await world.api<WatchAnswer>(path, { method: "POST", body });
  return until("the look to end", async () => {
    const { state, findings } = await world.api<WatchAnswer>(path);
    if (state === null || state.isAsked || state.isRunning) return undefined;
    return state.endedAt === before?.endedAt ? undefined : findings;
  });
}

/** The number of the order that a sale has open in SL, once it has one. */
function openOrderOf(world: World, sale: string): Promise<string> {
  return until(`the order of ${sale}`, async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/orders");
    const found = rows.find(({ object, state }) => object === sale && state === "open");
    return found && String(found.orderNumber);
  });
}

/** Has a lane looked at that waits for a person, until its reversal has come through. */
async function untilReversed(world: World, lane: string): Promise<void> {
  await wake(world, lane);
  await until(`${lane} to be reversed`, async () => {
    const { rows } = await world.api<{ rows: Row[] }>(`/api/reversals?lane=${lane}`);
    return rows[0]?.state === "reversed";
  });
  await untilIdle(world, lane);
}

/** Cancels an order as a person does, and waits until the reversal of its sale has come through. */
async function cancelledBack(
  world: World,
  { id, number }: Readonly<{ id: string; number: string }>,
): Promise<void> {
  await world.slAdmin(`/orders/${number}/cancel`, {});
  await untilReversed(world, id);
}
