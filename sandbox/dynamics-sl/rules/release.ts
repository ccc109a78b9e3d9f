import { Refusal } from "../soap/fault.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, roundTo } from "./amounts.ts";
import { type Application, applicationsOf, OpenBalances } from "./applications.ts";
import { type BalanceStep, moveBalances } from "./balances.ts";
import { BATCH_STATUS } from "./batches.ts";
import { assertBalanced, type Entry, memoEntries, payerEntries } from "./entries.ts";
import { linesOf, ofDocument, writeLines } from "./invoices.ts";
import { journalLines } from "./journals.ts";
import { writeLedger } from "./ledger.ts";
import { applicationLines } from "./payments.ts";
import { postBatch } from "./posting.ts";
import {
  applyingIn,
  assertReleasable,
  documentsOf,
  journalProblem,
  type Problem,
  receivablesProblem,
} from "./release-checks.ts";

/** A released batch, or the batch as release left it with the reason it was suspended. */
export type ReleaseOutcome = Readonly<{ batch: Row; problem: Problem | undefined }>;

type Part = Readonly<{
  document: Row;
  isNew: boolean;
  entries: readonly Entry[];
  applications: readonly Application[];
}>;

/**
 * Releases a batch, all or nothing: a failing check or debits that differ from credits (8888)
 * leave every document as it was and suspend the batch.
 *
 * @throws Refusal 12008 when it is released already
 */
export function releaseBatch(world: World, batch: Row): ReleaseOutcome {
  assertReleasable(batch);
  const problem =
    text(batch, "Module") === "GL"
      ? journalProblem(world, batch)
      : receivablesProblem(world, batch);
  if (problem !== undefined) return suspended(world, batch, problem);
  if (text(batch, "Module") === "GL") return { batch: releaseJournal(world, batch), problem };
  let parts: readonly Part[];
  try {
    parts = plan(world, batch);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return suspended(world, batch, { messageNbr: error.messageNbr, text: error.message });
  }
  return { batch: book(world, batch, parts), problem: undefined };
}

function suspended(world: World, batch: Row, problem: Problem): ReleaseOutcome {
  return {
    batch: world.store.patch("Batch", batch, { Status: BATCH_STATUS.suspended }),
    problem,
  };
}

/** Everything the release will write, worked out before the first row is touched. */
function plan(world: World, batch: Row): readonly Part[] {
  const balances = new OpenBalances();
  const documents = documentsOf(world.store, batch);
  const released = applyingIn(world.store, batch).filter((row) => num(row, "Rlsed") === 1);
  const parts = [...documents, ...released].map((document) => {
    const isNew = num(document, "Rlsed") === 0;
    const isMemo = ["IN", "DM", "CM"].includes(text(document, "DocType"));
    if (isNew && isMemo) {
      return { document, isNew, entries: memoEntries(world, document), applications: [] };
    }
    const applications = applicationsOf(world, document, batch, balances);
    const entries = payerEntries(world, document, isNew, applications);
    return { document, isNew, entries, applications };
  });
  for (const { document, entries } of parts) assertBalanced(world, document, entries);
  return parts;
}

function book(world: World, batch: Row, parts: readonly Part[]): Row {
  const steps = new Map<string, BalanceStep>();
  for (const part of parts) {
    writeLedger(world, batch, part.document, writtenLines(world, batch, part));
    if (part.isNew) releaseDocument(world, batch, part.document, steps);
  }
  for (const part of parts) {
    for (const application of part.applications) {
      bookApplication(world, batch, { payer: part.document, application, steps });
    }
    settlePayer(world, batch, part.document);
  }
  moveBalances(world, [...steps.values()]);
  const hasLedger = world.store
    .find("GLTran", "byBatch", "AR", text(batch, "BatNbr"))
    .some((line) => num(line, "Rlsed") === 1);
  return finish(world, batch, hasLedger);
}

/** Releases the lines that were entered and adds those that release makes. */
function writtenLines(
  world: World,
  batch: Row,
  { document, entries, isNew }: Part,
): readonly Readonly<{ line: Row; entry: Entry }>[] {
  const made = entries.filter((entry) => entry.line === undefined);
  const rows = made.map((entry) => ({
    ...ofDocument(document),
    BatNbr: text(batch, "BatNbr"),
    PerPost: text(batch, "PerPost"),
    FiscYr: text(batch, "PerPost").slice(0, 4),
    Acct: entry.acct,
    Sub: entry.sub,
    CuryTranAmt: Math.abs(entry.cury),
    DrCr: entry.cury > 0 || (entry.cury === 0 && entry.base > 0) ? "D" : "C",
    Rlsed: 1,
    TranAmt: Math.abs(entry.base),
    TranClass: entry.tranClass,
    TranDate: isNew ? text(document, "DocDate") : text(batch, "DateEnt"),
    TranDesc: entry.description,
  }));
  const entered = isNew
    ? linesOf(world.store, document).filter((line) => text(line, "DrCr") !== "U")
    : [];
  for (const line of entered) {
    world.store.patch("ARTran", line, {
      Rlsed: 1,
      PerPost: text(batch, "PerPost"),
      FiscYr: text(batch, "PerPost").slice(0, 4),
    });
  }
  const added = writeLines(world, document, rows);
  return [
    ...entries
      .filter((entry) => entry.line !== undefined)
      .map((entry) => ({ line: entry.line ?? {}, entry })),
    ...made.map((entry, index) => ({ line: added[index] ?? {}, entry })),
  ];
}

function current(world: World, document: Row): Row {
  const found = world.store.get(
    "ARDoc",
    text(document, "CustId"),
    text(document, "DocType"),
    text(document, "RefNbr"),
    text(document, "BatNbr"),
    num(document, "BatSeq"),
  );
  if (found === undefined) throw new Error("a document vanished during its release");
  return found;
}

function step(steps: Map<string, BalanceStep>, before: Row | undefined, after: Row): void {
  const key = ["CustId", "DocType", "RefNbr", "BatNbr"].map((name) => text(after, name)).join("|");
  const first = steps.get(key);
  steps.set(key, { before: first === undefined ? before : first.before, after });
}

function releaseDocument(
  world: World,
  batch: Row,
  document: Row,
  steps: Map<string, BalanceStep>,
): void {
  const isOpen = num(document, "CuryDocBal") !== 0;
  const after = world.store.patch("ARDoc", current(world, document), {
    Rlsed: 1,
    PerPost: text(batch, "PerPost"),
    S4Future01: text(batch, "PerPost"),
    OpenDoc: isOpen ? 1 : 0,
    PerClosed: isOpen ? "" : text(batch, "PerPost"),
  });
  step(steps, undefined, after);
}

function bookApplication(
  world: World,
  batch: Row,
  {
    payer,
    application,
    steps,
  }: Readonly<{ payer: Row; application: Application; steps: Map<string, BalanceStep> }>,
): void {
  const { target, curyAmount, targetBase, payerBase } = application;
  const gain = roundTo(payerBase - targetBase, decimalsOf(world, world.baseCurrency));
  world.store.put("ARAdjust", {
    AdjAmt: targetBase,
    AdjBatNbr: text(batch, "BatNbr"),
    AdjdDocType: text(target, "DocType"),
    AdjdRefNbr: text(target, "RefNbr"),
    AdjgDocDate: text(payer, "DocDate"),
    AdjgDocType: text(payer, "DocType"),
    AdjgPerPost: text(current(world, payer), "PerPost"),
    AdjgRefNbr: text(payer, "RefNbr"),
    CuryAdjdAmt: curyAmount,
    CuryAdjdCuryId: text(target, "CuryId"),
    CuryAdjdMultDiv: text(target, "CuryMultDiv"),
    CuryAdjdRate: num(target, "CuryRate"),
    CuryAdjgAmt: curyAmount,
    CuryRGOLAmt: gain,
    CustId: text(target, "CustId"),
    DateAppl: text(batch, "DateEnt"),
    PerAppl: text(batch, "PerPost"),
    RecordID: world.store.nextIdentity("ARAdjust", "RecordID"),
    ...world.audit("08400"),
  });
  reduce(world, batch, target, { cury: curyAmount, base: targetBase, gain: 0, steps });
  reduce(world, batch, payer, { cury: curyAmount, base: payerBase, gain, steps });
}

function reduce(
  world: World,
  batch: Row,
  document: Row,
  by: Readonly<{ cury: number; base: number; gain: number; steps: Map<string, BalanceStep> }>,
): void {
  const before = current(world, document);
  const cury = roundTo(
    num(before, "CuryDocBal") - by.cury,
    decimalsOf(world, text(before, "CuryId")),
  );
  const decimals = decimalsOf(world, world.baseCurrency);
  const periods = [text(before, "PerPost"), text(batch, "PerPost")].sort();
  const after = world.store.patch("ARDoc", before, {
    CuryDocBal: cury,
    DocBal: cury === 0 ? 0 : roundTo(num(before, "DocBal") - by.base, decimals),
    OpenDoc: cury === 0 ? 0 : 1,
    PerClosed: cury === 0 ? (periods[1] ?? "") : "",
    RGOLAmt: roundTo(num(before, "RGOLAmt") + by.gain, decimals),
  });
  step(by.steps, before, after);
}

/** Takes the pending marks off a paying document and deletes its application lines. */
function settlePayer(world: World, batch: Row, payer: Row): void {
  for (const line of applicationLines(world.store, payer, text(batch, "BatNbr"))) {
    world.store.remove("ARTran", line);
  }
  const document = current(world, payer);
  if (text(document, "ApplBatNbr") === "") return;
  world.store.patch("ARDoc", document, {
    ApplBatNbr: "",
    ApplBatSeq: 0,
    ApplAmt: 0,
    CuryApplAmt: 0,
  });
}

function releaseJournal(world: World, batch: Row): Row {
  for (const line of journalLines(world.store, "GL", text(batch, "BatNbr"))) {
    world.store.patch("GLTran", line, {
      Rlsed: 1,
      PerPost: text(batch, "PerPost"),
      FiscYr: text(batch, "PerPost").slice(0, 4),
      ...world.audit("01400", line),
    });
  }
  return finish(world, batch, true);
}

function finish(world: World, batch: Row, hasLedger: boolean): Row {
  const released = world.store.patch("Batch", batch, {
    Rlsed: 1,
    Status: hasLedger ? BATCH_STATUS.unposted : BATCH_STATUS.completed,
    ...world.audit(text(batch, "Module") === "GL" ? "01400" : "08400", batch),
  });
  return world.switches.autoPost ? postBatch(world, released) : released;
}
