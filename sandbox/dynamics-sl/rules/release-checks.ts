import { Refusal } from "../soap/fault.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, units } from "./amounts.ts";
import { BATCH_STATUS } from "./batches.ts";
import { payerAccount } from "./entries.ts";
import { linesOf } from "./invoices.ts";
import { journalLines } from "./journals.ts";
import { applicationLines, OVER_APPLIED, targetOf } from "./payments.ts";
import { periodProblem } from "./periods.ts";
import { taxesOf } from "./taxes.ts";

const MEMO_TYPES = ["IN", "DM", "CM"];

/** A reason not to release, with SL's message number where one is known. */
export type Problem = Readonly<{ messageNbr: number | undefined; text: string }>;

function problem(messageNbr: number | undefined, message: string): Problem {
  return { messageNbr, text: message };
}

/** The documents a batch holds, in the order they were saved. */
export function documentsOf(reader: Pick<World["store"], "find">, batch: Row): readonly Row[] {
  return [...reader.find("ARDoc", "byBatch", text(batch, "BatNbr"))].sort(
    (a, b) => num(a, "BatSeq") - num(b, "BatSeq"),
  );
}

/** The documents whose applications are pending in a batch. */
export function applyingIn(reader: Pick<World["store"], "find">, batch: Row): readonly Row[] {
  return reader.find("ARDoc", "byApplBatch", text(batch, "BatNbr"));
}

/**
 * States that end a release before anything is checked; the batch stays as it is.
 *
 * @throws Refusal 12008 when the batch is released already, 12319 without a screen number
 */
export function assertReleasable(batch: Row): void {
  const batNbr = text(batch, "BatNbr");
  if (num(batch, "Rlsed") === 1) {
    if (text(batch, "Status") === BATCH_STATUS.voided) {
      throw new Refusal(`Batch ${batNbr} is voided`);
    }
    throw new Refusal(`Batch ${batNbr} has already been released`, 12008);
  }
  if (text(batch, "EditScrnNbr") === "") {
    throw new Refusal(`Batch ${batNbr} has no screen number`, 12319);
  }
}

/** SL's checks before a receivables release, in its order; the first problem suspends the batch. */
export function receivablesProblem(world: World, batch: Row): Problem | undefined {
  const documents = documentsOf(world.store, batch);
  const applying = applyingIn(world.store, batch);
  if (documents.length === 0 && applying.length === 0) {
    return problem(12125, `Batch ${text(batch, "BatNbr")} has no documents`);
  }
  return (
    periodCheck(world, "AR", batch) ??
    currencyCheck(world, batch) ??
    strayLines(world, batch, documents) ??
    first(documents, (document) => documentCheck(world, document)) ??
    totalCheck(world, batch, documents) ??
    first(applying, (document) => applicationCheck(world, batch, document))
  );
}

function first<T>(rows: readonly T[], check: (row: T) => Problem | undefined): Problem | undefined {
  for (const row of rows) {
    const found = check(row);
    if (found !== undefined) return found;
  }
  return undefined;
}

function periodCheck(world: World, module: "AR" | "GL", batch: Row): Problem | undefined {
  const closed = periodProblem(world, module, text(batch, "PerPost"));
  return closed === undefined ? undefined : problem(undefined, closed);
}

function currencyCheck(world: World, row: Row): Problem | undefined {
  const currency = text(row, "CuryId");
  if (world.store.get("Currncy", currency) === undefined) {
    return problem(8058, `Currency ${currency} is not in Currncy`);
  }
  const isPlain = num(row, "CuryRate") === 1 && text(row, "CuryMultDiv") === "M";
  if (currency === world.baseCurrency && !isPlain) {
    return problem(8881, `Currency columns of ${text(row, "BatNbr")} are wrong for base currency`);
  }
  return undefined;
}

function documentCheck(world: World, document: Row): Problem | undefined {
  const name = `${text(document, "DocType")} ${text(document, "RefNbr")}`;
  if (text(document, "RefNbr") === "") return problem(12125, "Document without reference number");
  if (world.store.get("Customer", text(document, "CustId")) === undefined) {
    return problem(12347, `Customer of ${name} is blank or unknown`);
  }
  const wrongCurrency = currencyCheck(world, document);
  if (wrongCurrency !== undefined) return wrongCurrency;
  const own = accountCheck(world, document, {
    acct: text(document, "BankAcct"),
    sub: text(document, "BankSub"),
    name,
  });
  if (own !== undefined) return own;
  for (const { taxId } of taxesOf(document)) {
    const tax = taxProblem(world, taxId, name);
    if (tax !== undefined) return tax;
  }
  if (!MEMO_TYPES.includes(text(document, "DocType"))) {
    return accountCheck(world, document, { ...payerAccount(world, document), name });
  }
  const lines = linesOf(world.store, document);
  if (lines.length === 0) return problem(12125, `${name} has no lines`);
  return first(lines, (line) => lineCheck(world, document, line));
}

function taxProblem(world: World, taxId: string, name: string): Problem | undefined {
  if (taxId === "" || world.store.get("SalesTax", "T", taxId) !== undefined) return undefined;
  return problem(12348, `Tax ${taxId} of ${name} is unknown`);
}

function lineCheck(world: World, document: Row, line: Row): Problem | undefined {
  const number = `${text(document, "RefNbr")} line ${num(line, "LineId")}`;
  const name = `${text(document, "DocType")} ${number}`;
  const account = accountCheck(world, document, {
    acct: text(line, "Acct"),
    sub: text(line, "Sub"),
    name,
  });
  if (account !== undefined) return account;
  for (const slot of ["00", "01", "02", "03"]) {
    const tax = taxProblem(world, text(line, `TaxId${slot}`), name);
    if (tax !== undefined) return tax;
  }
  const isBase = text(document, "CuryId") === world.baseCurrency;
  if (isBase && units(num(line, "CuryTranAmt"), 2) !== units(num(line, "TranAmt"), 2)) {
    return problem(12124, `${name}: CuryTranAmt and TranAmt differ`);
  }
  return undefined;
}

/** Blank accounts, and a currency that a denominated account does not take. */
function accountCheck(
  world: World,
  document: Row,
  { acct, sub, name }: Readonly<{ acct: string; sub: string; name: string }>,
): Problem | undefined {
  if (acct === "") return problem(6928, `Account of ${name} is blank`);
  if (sub === "") return problem(6929, `Subaccount of ${name} is blank`);
  const denominated = text(world.store.get("Account", acct), "CuryId");
  if (denominated !== "" && denominated !== text(document, "CuryId")) {
    return problem(12427, `${name}: account ${acct} is denominated in ${denominated}`);
  }
  return undefined;
}

function strayLines(world: World, batch: Row, documents: readonly Row[]): Problem | undefined {
  const known = new Set(
    documents.map((row) => `${text(row, "CustId")} ${text(row, "DocType")} ${text(row, "RefNbr")}`),
  );
  const stray = world.store
    .find("ARTran", "byBatch", text(batch, "BatNbr"))
    .filter((line) => text(line, "DrCr") !== "U")
    .find(
      (line) =>
        !known.has(`${text(line, "CustId")} ${text(line, "TranType")} ${text(line, "RefNbr")}`),
    );
  if (stray === undefined) return undefined;
  return problem(
    12126,
    `Line of ${text(stray, "TranType")} ${text(stray, "RefNbr")} has no document`,
  );
}

function totalCheck(world: World, batch: Row, documents: readonly Row[]): Problem | undefined {
  if (documents.length === 0) return undefined;
  const decimals = decimalsOf(world, text(batch, "CuryId"));
  const total = documents.reduce(
    (sum, document) => sum + units(num(document, "CuryOrigDocAmt"), decimals),
    0,
  );
  if (total === units(num(batch, "CuryCrTot"), decimals)) return undefined;
  return problem(
    12123,
    `Batch total ${num(batch, "CuryCrTot")} differs from its documents (${total / 10 ** decimals})`,
  );
}

function applicationCheck(world: World, batch: Row, document: Row): Problem | undefined {
  const lines = applicationLines(world.store, document, text(batch, "BatNbr"));
  const decimals = decimalsOf(world, text(document, "CuryId"));
  const byTarget = Map.groupBy(
    lines,
    (line) => `${text(line, "CostType")} ${text(line, "SiteId")}`,
  );
  for (const [name, own] of byTarget) {
    const target = own[0] === undefined ? undefined : targetOf(world.store, own[0]);
    if (target === undefined || num(target, "Rlsed") === 0) {
      return problem(12306, `${name} is not released; release it first`);
    }
    const asked = own.reduce((sum, line) => sum + units(num(line, "CuryTranAmt"), decimals), 0);
    if (asked > units(num(target, "CuryDocBal"), decimals)) {
      return problem(OVER_APPLIED, `Amount applied exceeds the open balance of ${name}`);
    }
  }
  return undefined;
}

/** SL's checks before a ledger release. */
export function journalProblem(world: World, batch: Row): Problem | undefined {
  const lines = journalLines(world.store, "GL", text(batch, "BatNbr"));
  const ready = periodCheck(world, "GL", batch) ?? currencyCheck(world, batch);
  if (ready !== undefined) return ready;
  if (lines.length === 0) return problem(3011, `Batch ${text(batch, "BatNbr")} has no lines`);
  const blank = lines.find((line) => text(line, "Acct") === "" || text(line, "Sub") === "");
  if (blank !== undefined) return problem(6658, "Account or subaccount of a line is blank");
  const decimals = decimalsOf(world, text(batch, "CuryId"));
  const base = decimalsOf(world, world.baseCurrency);
  const balance = (debit: string, credit: string, places: number): number =>
    lines.reduce(
      (sum, row) => sum + units(num(row, debit), places) - units(num(row, credit), places),
      0,
    );
  if (balance("CuryDrAmt", "CuryCrAmt", decimals) !== 0 || balance("DrAmt", "CrAmt", base) !== 0) {
    return problem(6019, `Batch ${text(batch, "BatNbr")} is out of balance`);
  }
  return undefined;
}
