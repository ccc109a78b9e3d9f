import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import type { Entry } from "./entries.ts";
import { nextLineNumber } from "./numbering.ts";

type Written = Readonly<{ line: Row; entry: Entry }>;

/**
 * Writes the GL transactions of a document's lines, Posted U. With `GLPostOpt` S, lines of one
 * account and side become one.
 */
export function writeLedger(
  world: World,
  batch: Row,
  document: Row,
  written: readonly Written[],
): void {
  const isSummary = text(batch, "GLPostOpt") === "S";
  const groups = isSummary
    ? [...Map.groupBy(written, ({ entry }) => groupKey(entry)).values()]
    : written.map((one) => [one]);
  let lineNumber = nextLineNumber(
    world.store.find("GLTran", "byBatch", "AR", text(batch, "BatNbr")),
  );
  for (const group of groups) {
    const first = group[0];
    if (first === undefined) continue;
    const cury = group.reduce((sum, { entry }) => sum + entry.cury, 0);
    const base = group.reduce((sum, { entry }) => sum + entry.base, 0);
    if (cury === 0 && base === 0) continue;
    world.store.put("GLTran", {
      ...ledgerLine(world, batch, document, first),
      CrAmt: Math.max(0, -base),
      CuryCrAmt: Math.max(0, -cury),
      CuryDrAmt: Math.max(0, cury),
      DrAmt: Math.max(0, base),
      LineNbr: lineNumber,
    });
    lineNumber += 1;
  }
}

function groupKey({ acct, sub, cury, base }: Entry): string {
  const isDebit = cury > 0 || (cury === 0 && base > 0);
  return [acct, sub, isDebit ? "D" : "C"].join("\u0001");
}

function ledgerLine(world: World, batch: Row, document: Row, { line, entry }: Written): Row {
  return {
    Acct: entry.acct,
    BalanceType: text(batch, "BalanceType") || "A",
    BaseCuryID: world.baseCurrency,
    BatNbr: text(batch, "BatNbr"),
    CpnyID: text(batch, "CpnyID"),
    CuryEffDate: text(document, "CuryEffDate"),
    CuryId: text(document, "CuryId"),
    CuryMultDiv: text(document, "CuryMultDiv"),
    CuryRate: num(document, "CuryRate"),
    ExtRefNbr: text(line, "ExtRefNbr"),
    FiscYr: text(batch, "PerPost").slice(0, 4),
    Id: text(document, "CustId"),
    JrnlType: text(batch, "JrnlType"),
    LedgerID: text(batch, "LedgerID"),
    LineRef: text(line, "LineRef"),
    Module: "AR",
    OrigCpnyID: text(batch, "CpnyID"),
    PerEnt: text(batch, "PerEnt"),
    PerPost: text(batch, "PerPost"),
    Posted: "U",
    RefNbr: text(document, "RefNbr"),
    Rlsed: 1,
    Sub: entry.sub,
    TranDate: text(line, "TranDate") || text(document, "DocDate"),
    TranDesc: entry.description,
    TranType: text(document, "DocType"),
    User1: text(line, "User1"),
    User2: text(line, "User2"),
    ...world.audit("08400"),
  };
}
