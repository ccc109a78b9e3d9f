import { batchOf } from "../documents.ts";
import { asRow, asRows, type WireRow } from "../envelope.ts";
import { absentIfUnknown } from "../read-batch.ts";
import { templateOf } from "../site.ts";
import { dateToWire, toWire } from "../wire-values.ts";
import { CannotAsk, tried } from "./asking.ts";
import { cell, type ProbeBench, SCREEN_NUMBER } from "./bench.ts";

const SERVICE = "journalTransactions";
const ID = "slipway-probe";

/** Saves an empty held journal batch. */
export async function emptyJournalBatch(bench: ProbeBench, signal?: AbortSignal) {
  const key = bench.settings.newKey();
  const inItem = await batchRow(bench, key, "0");
  const args = { actionType: "ADD", inItem };
  const saved = asRow(
    await bench.site.client.call(SERVICE, "editBatch", args, { kind: "write", signal }),
  );
  const batNbr = cell(saved, "BatNbr");
  if (batNbr === "") throw new CannotAsk("SL saved a batch without giving its number");
  bench.heldBatches.set(batNbr, SCREEN_NUMBER.journal);
  return { batNbr, key };
}

/** Saves a journal on hold that moves one unit from an account to itself: no balance changes. */
export async function heldJournal(bench: ProbeBench, signal?: AbortSignal) {
  const key = bench.settings.newKey();
  const amount = toWire(bench.unit());
  const lines = [
    { CuryDrAmt: amount, DrAmt: amount },
    { CuryCrAmt: amount, CrAmt: amount },
  ].map((sides, index) => lineRow(bench, key, { sides, index }));
  const inScreen = {
    myBatch: await batchRow(bench, key, amount),
    myGLTran: lines,
    batchNote: { sNoteText: "Written by slipway doctor --probe" },
  };
  const args = { actionType: "ADD", inScreen };
  const options = { kind: "write", signal } as const;
  const answer = await bench.site.client.call(SERVICE, "editScreen", args, options);
  const batNbr = cell(batchOf(answer), "BatNbr");
  if (batNbr === "") throw new CannotAsk("SL saved a journal without giving its batch");
  bench.heldBatches.set(batNbr, SCREEN_NUMBER.journal);
  return { batNbr, key };
}

/** The journal's screen as SL shows it. */
export async function readJournal(bench: ProbeBench, batNbr: string, signal?: AbortSignal) {
  const options = { kind: "read", signal } as const;
  const read = () => bench.site.client.call(SERVICE, "getScreenByBatNbr", { batNbr }, options);
  const screen = asRow(await absentIfUnknown(read));
  if (screen === undefined) throw new CannotAsk(`SL does not show journal batch ${batNbr}`);
  return screen;
}

/** Releases a journal; undefined once SL shows it as released, else SL's words. */
export async function releaseJournal(bench: ProbeBench, batNbr: string, signal?: AbortSignal) {
  const inScreen = await readJournal(bench, batNbr, signal);
  const args = { actionType: "RELEASENOW", inScreen };
  const options = { kind: "write", signal } as const;
  const end = await tried(() => bench.site.client.call(SERVICE, "editScreen", args, options));
  const shown = batchOf(await readJournal(bench, batNbr, signal));
  if (Number(cell(shown, "Rlsed")) !== 0) {
    bench.heldBatches.delete(batNbr);
    bench.alsoReleased.push(`journal batch ${batNbr}`);
    return undefined;
  }
  const words = "refused" in end ? end.refused : `SL shows batch ${batNbr} as not released`;
  if (cell(shown, "Status") === "S") {
    throw new CannotAsk(`SL released and suspended the test batch ${batNbr}: ${words}`);
  }
  return words;
}

async function batchRow(bench: ProbeBench, key: string, total: string): Promise<WireRow> {
  const { site, settings } = bench;
  const template = await templateOf(site, SERVICE);
  return {
    ...asRow(template.myBatch),
    BatNbr: "",
    CpnyID: site.companyId,
    Module: "GL",
    JrnlType: "GJ",
    EditScrnNbr: "01010",
    Status: "H",
    Rlsed: "0",
    PerPost: settings.period,
    GLPostOpt: "D",
    DateEnt: dateToWire(settings.documentDate),
    CuryEffDate: dateToWire(settings.documentDate),
    CuryId: settings.currency,
    CuryRate: "1",
    CuryMultDiv: "M",
    CrTot: total,
    CtrlTot: total,
    CuryCrTot: total,
    CuryCtrlTot: total,
    [site.idField]: ID,
    [site.keyField]: key,
  };
}

function lineRow(
  bench: ProbeBench,
  key: string,
  { sides, index }: Readonly<{ sides: WireRow; index: number }>,
): WireRow {
  const { site, settings } = bench;
  return {
    Module: "GL",
    CpnyID: site.companyId,
    Acct: settings.cash.account,
    Sub: settings.cash.subaccount,
    CuryId: settings.currency,
    CuryRate: "1",
    CuryMultDiv: "M",
    PerPost: settings.period,
    TranDate: dateToWire(settings.documentDate),
    TranDesc: "Slipway probe",
    LineId: String(index + 1),
    [site.idField]: ID,
    [site.keyField]: key,
    ...sides,
  };
}

/** The lines of a journal's screen. */
export function journalLines(screen: WireRow): readonly WireRow[] {
  return asRows(screen.myGLTran);
}
