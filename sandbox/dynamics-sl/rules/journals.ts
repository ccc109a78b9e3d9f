import { Refusal } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, type Rate, rateOf, roundTo, toBase, units, withResidue } from "./amounts.ts";
import { SCREENS } from "./batches.ts";
import { checkAccount, enteredRow, without } from "./entry.ts";
import { nextLineNumber } from "./numbering.ts";

/** The journal lines of a batch in line order. */
export function journalLines(
  reader: Pick<World["store"], "find">,
  module: string,
  batNbr: string,
): readonly Row[] {
  return [...reader.find("GLTran", "byBatch", module, batNbr)].sort(
    (a, b) => num(a, "LineNbr") - num(b, "LineNbr"),
  );
}

/**
 * Saves lines into the held journal batch. Lines whose `LineNbr` the batch has are edited, others
 * are added after them; lines that are not sent stay.
 */
export function saveJournalLines(
  world: World,
  batch: Row,
  sent: readonly Struct[],
  lineLimit = sent.length,
): void {
  const saved = journalLines(world.store, "GL", text(batch, "BatNbr"));
  const byNumber = new Map(saved.map((line) => [num(line, "LineNbr"), line]));
  let next = nextLineNumber(saved);
  const lines = sent.map((struct, index) => {
    const before = byNumber.get(Number(struct.LineNbr ?? 0));
    const lineNumber = before === undefined ? next++ : num(before, "LineNbr");
    const line = enteredLine(world, batch, { ...before, ...enteredRow(world, "GLTran", struct) });
    return { ...line, LineNbr: lineNumber, LineId: index + 1 };
  });
  for (const line of baseAmounts(world, batch, lines).slice(0, lineLimit)) {
    world.store.put("GLTran", {
      ...line,
      LineRef: String(num(line, "LineId")).padStart(5, "0"),
      ...world.audit(SCREENS.journal.number),
    });
  }
}

function enteredLine(world: World, batch: Row, entered: Row): Row {
  const decimals = decimalsOf(world, text(batch, "CuryId"));
  const debit = roundTo(num(entered, "CuryDrAmt"), decimals);
  const credit = roundTo(num(entered, "CuryCrAmt"), decimals);
  if (debit < 0 || credit < 0) throw new Refusal("Debit and credit amounts cannot be negative", 92);
  if (debit !== 0 && credit !== 0) throw new Refusal("A line is either a debit or a credit");
  const currency = text(entered, "CuryId") || text(batch, "CuryId");
  if (currency !== text(batch, "CuryId")) {
    throw new Refusal(`Line currency ${currency} differs from the batch's`);
  }
  const acct = text(entered, "Acct");
  checkAccount(world, acct, text(entered, "Sub"));
  const denominated = text(world.store.get("Account", acct), "CuryId");
  if (denominated !== "" && denominated !== currency) {
    throw new Refusal(`Account ${acct} is denominated in ${denominated}`, 12427);
  }
  return {
    ...without(entered, ["Posted", "Rlsed", "NoteID"]),
    BalanceType: "A",
    BaseCuryID: world.baseCurrency,
    BatNbr: text(batch, "BatNbr"),
    CpnyID: text(entered, "CpnyID") || text(batch, "CpnyID"),
    CuryCrAmt: credit,
    CuryDrAmt: debit,
    CuryEffDate: text(batch, "CuryEffDate"),
    CuryId: currency,
    CuryMultDiv: text(batch, "CuryMultDiv"),
    CuryRate: num(batch, "CuryRate"),
    CuryRateType: text(batch, "CuryRateType"),
    FiscYr: text(batch, "PerPost").slice(0, 4),
    JrnlType: SCREENS.journal.journalType,
    LedgerID: text(batch, "LedgerID"),
    Module: "GL",
    PerEnt: text(batch, "PerEnt"),
    PerPost: text(batch, "PerPost"),
    Posted: "U",
    TranDate: text(entered, "TranDate") || text(batch, "DateEnt"),
    TranType: text(entered, "TranType") || "GL",
  };
}

/** Base amounts of lines whose currency amounts balance, so that they balance as well. */
function baseAmounts(world: World, batch: Row, lines: readonly Row[]): readonly Row[] {
  const rate = rateOf(batch);
  if (text(batch, "CuryId") === world.baseCurrency) {
    return lines.map((line) => ({
      ...line,
      DrAmt: num(line, "CuryDrAmt"),
      CrAmt: num(line, "CuryCrAmt"),
    }));
  }
  const decimals = decimalsOf(world, text(batch, "CuryId"));
  const balance = lines.reduce(
    (sum, line) =>
      sum + units(num(line, "CuryDrAmt"), decimals) - units(num(line, "CuryCrAmt"), decimals),
    0,
  );
  const base = lines.map((line) => signedBase(world, line, rate));
  const kept = balance === 0 ? withResidue(base, 0, decimalsOf(world, world.baseCurrency)) : base;
  return lines.map((line, index) => {
    const amount = kept[index] ?? 0;
    return { ...line, DrAmt: Math.max(amount, 0), CrAmt: Math.max(-amount, 0) };
  });
}

function signedBase(world: World, line: Row, rate: Rate): number {
  return toBase(world, num(line, "CuryDrAmt"), rate) - toBase(world, num(line, "CuryCrAmt"), rate);
}
