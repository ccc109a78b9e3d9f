import type { CloseAnswer } from "../../api/contract.ts";
import type { Driver } from "./drive.ts";
import { retried } from "./patience.ts";
import type { YearWorld } from "./world.ts";

type SlBatch = Readonly<{ Module: string; BatNbr: string; Status: string; CtrlTot: number }>;

/** How a month ended, and what the accountant has done in SL for it. */
export type MonthEnd = Readonly<{ close: CloseAnswer; voided: readonly string[] }>;

/**
 * What the person does who keeps SL: voids batches that the hub has left empty behind a lost
 * answer, closes the month in the hub, and then opens the next period in SL.
 */
export async function closeMonth(
  world: YearWorld,
  driver: Driver,
  { period, next }: Readonly<{ period: string; next: string }>,
): Promise<MonthEnd> {
  // Before the close, which would name them: it compares the whole month each time.
  const voided = await voidEmpty(world);
  const close = await retried(() => driver.close(period));
  await world.slAdmin("/periods", { receivables: next, ledger: next });
  await world.slAdmin("/post", {});
  return { close, voided };
}

/** An empty batch books nothing and is nobody's any more; one with a document is left alone. */
async function voidEmpty(world: YearWorld): Promise<string[]> {
  const batches = await world.slAdmin<SlBatch[]>(
    "/rows?table=Batch&Rlsed=0&columns=Module,BatNbr,Status,CtrlTot",
  );
  const empty = batches.filter(({ Status, CtrlTot }) => Status === "H" && CtrlTot === 0);
  for (const { Module, BatNbr } of empty) {
    await world.slAdmin(`/batches/${Module}/${BatNbr}/void`, {});
  }
  return empty.map(({ Module, BatNbr }) => `${Module} ${BatNbr}`);
}
