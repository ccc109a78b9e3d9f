import { Refusal } from "../soap/fault.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, rateOf, roundTo, toBase, units, withResidue } from "./amounts.ts";
import type { Application } from "./applications.ts";
import { linesOf } from "./invoices.ts";
import { taxesOf } from "./taxes.ts";

/** One accounting line that release makes; amounts are signed, debit positive. */
export type Entry = Readonly<{
  acct: string;
  sub: string;
  cury: number;
  base: number;
  description: string;
  tranClass: string;
  /** The sales line it stands for; it is written already and only needs to be released. */
  line?: Row;
}>;

/** SL's side of a document type: invoices and debit memos debit the receivable. */
export function receivableSign(type: string): 1 | -1 {
  return ["IN", "DM", "FI", "NC", "AD", "SC"].includes(type) ? 1 : -1;
}

/** The accounting of an invoice or memo: its lines, its taxes and the receivable. */
export function memoEntries(world: World, document: Row): readonly Entry[] {
  const sign = receivableSign(text(document, "DocType"));
  const lines = linesOf(world.store, document).map((line) => ({
    acct: text(line, "Acct"),
    sub: text(line, "Sub"),
    cury: -sign * num(line, "CuryTranAmt"),
    base: -sign * num(line, "TranAmt"),
    description: text(line, "TranDesc"),
    tranClass: text(line, "TranClass"),
    line,
  }));
  const receivable = {
    acct: text(document, "BankAcct"),
    sub: text(document, "BankSub"),
    cury: sign * num(document, "CuryOrigDocAmt"),
    base: sign * num(document, "OrigDocAmt"),
    description: offsetDescription(world, document),
    tranClass: "N",
  };
  const entries = [...lines, ...taxEntries(world, document, -sign), receivable];
  return inBase(world, document, entries);
}

function taxEntries(world: World, document: Row, sign: number): readonly Entry[] {
  return taxesOf(document)
    .map(({ taxId, slot }) => {
      const tax = world.store.get("SalesTax", "T", taxId);
      const cury = num(document, `CuryTaxTot${slot}`);
      return {
        acct: text(tax, "SlsTaxAcct"),
        sub: text(tax, "SlsTaxSub"),
        cury: sign * cury,
        base: sign * toBase(world, cury, rateOf(document)),
        description: `Tax ${taxId}`,
        tranClass: "T",
      };
    })
    .filter((entry) => entry.cury !== 0);
}

/** Roundings of single lines go onto the largest one, as long as the document currency balances. */
function inBase(world: World, document: Row, entries: readonly Entry[]): readonly Entry[] {
  if (text(document, "CuryId") === world.baseCurrency) return entries;
  const decimals = decimalsOf(world, text(document, "CuryId"));
  const balance = entries.reduce((sum, entry) => sum + units(entry.cury, decimals), 0);
  if (balance !== 0) return entries;
  const others = entries.slice(0, -1);
  const receivable = entries[entries.length - 1];
  const base = withResidue(
    others.map((entry) => entry.base),
    -(receivable?.base ?? 0),
    decimalsOf(world, world.baseCurrency),
  );
  return entries.map((entry, index) => ({ ...entry, base: base[index] ?? entry.base }));
}

/** ARSetup.TranDescDflt decides the text of the offset line, cut to its 30 characters. */
function offsetDescription(world: World, document: Row): string {
  const customer = world.store.get("Customer", text(document, "CustId"));
  const id = text(document, "CustId");
  const [last = "", first] = text(customer, "Name").split("~");
  const name = first === undefined ? last : `${first} ${last}`;
  const texts: Readonly<Record<string, string>> = { C: `${id} ${name}`, I: id, N: name };
  const choice = text(world.receivablesSetup, "TranDescDflt");
  return (texts[choice] ?? text(document, "DocDesc")).slice(0, 30).trimEnd();
}

/** The account a paying document stands on until it is applied. */
export function payerAccount(world: World, payer: Row): Readonly<{ acct: string; sub: string }> {
  if (text(payer, "DocType") === "CM") {
    return { acct: text(payer, "BankAcct"), sub: text(payer, "BankSub") };
  }
  const customer = world.store.get("Customer", text(payer, "CustId"));
  const setup = world.receivablesSetup;
  const [acct, sub] =
    text(payer, "DocType") === "PP" ? ["PrePayAcct", "PrePaySub"] : ["ArAcct", "ArSub"];
  return {
    acct: text(customer, acct ?? "") || text(setup, acct ?? ""),
    sub: text(customer, sub ?? "") || text(setup, sub ?? ""),
  };
}

/**
 * The accounting of a paying document in a release: cash (only when it is new), its applications at
 * both documents' rates, and the realised gain or loss between them. Amounts on one account are
 * netted, so that applying within one receivable account makes no line at all.
 */
export function payerEntries(
  world: World,
  payer: Row,
  isNew: boolean,
  applications: readonly Application[],
): readonly Entry[] {
  const sums = new Map<string, { acct: string; sub: string; cury: number; base: number }>();
  const add = (acct: string, sub: string, cury: number, base: number): void => {
    const key = `${acct}\u0001${sub}`;
    const sum = sums.get(key) ?? { acct, sub, cury: 0, base: 0 };
    sum.cury += cury;
    sum.base += base;
    sums.set(key, sum);
  };
  const own = payerAccount(world, payer);
  if (isNew) {
    const [cury, base] = [num(payer, "CuryOrigDocAmt"), num(payer, "OrigDocAmt")];
    add(text(payer, "BankAcct"), text(payer, "BankSub"), cury, base);
    add(own.acct, own.sub, -cury, -base);
  }
  const currency = world.store.get("Currncy", text(payer, "CuryId"));
  for (const { target, curyAmount, targetBase, payerBase } of applications) {
    add(own.acct, own.sub, curyAmount, payerBase);
    add(text(target, "BankAcct"), text(target, "BankSub"), -curyAmount, -targetBase);
    const gain = payerBase - targetBase;
    const side = gain > 0 ? "RealGain" : "RealLoss";
    if (gain !== 0) {
      add(text(currency, `${side}Acct`), text(currency, `${side}Sub`), 0, -gain);
    }
  }
  const decimals = decimalsOf(world, text(payer, "CuryId"));
  const baseDecimals = decimalsOf(world, world.baseCurrency);
  return [...sums.values()]
    .map((sum) => ({
      ...sum,
      cury: roundTo(sum.cury, decimals),
      base: roundTo(sum.base, baseDecimals),
      description: offsetDescription(world, payer),
      tranClass: "N",
    }))
    .filter((entry) => entry.cury !== 0 || entry.base !== 0);
}

/** @throws Refusal 8888 when debits and credits differ in either currency */
export function assertBalanced(world: World, document: Row, entries: readonly Entry[]): void {
  const decimals = decimalsOf(world, text(document, "CuryId"));
  const base = decimalsOf(world, world.baseCurrency);
  const curySum = entries.reduce((sum, entry) => sum + units(entry.cury, decimals), 0);
  const baseSum = entries.reduce((sum, entry) => sum + units(entry.base, base), 0);
  if (curySum === 0 && baseSum === 0) return;
  throw new Refusal(
    `Debits and credits of ${text(document, "DocType")} ${text(document, "RefNbr")} differ by ` +
      `${curySum / 10 ** decimals}`,
    8888,
  );
}
