import type { Pool } from "pg";
import { HubError } from "../../base/errors.ts";
import { REFUND_PURPOSES } from "../../base/ids.ts";
import { isSameAmount, type Money, subtract, sum, toDecimal } from "../../base/money.ts";
import { assertJournal } from "../../erp/journal.ts";
import type {
  BatchReading,
  ColumnRecord,
  DocumentRate,
  DocumentReading,
  GlAccount,
  InvoiceDraft,
  JournalDraft,
  LineTax,
  MemoDraft,
  PaymentDraft,
} from "../../erp/port.ts";
import { taxTotals } from "../../erp/taxes.ts";
import type { ReversibleDraft } from "../../mapping/index.ts";
import { canListApplications } from "../apply/apply-route.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import type { StoredIntent } from "./reversal.ts";

/** Whether a rebuild found it again in SL: the hub knows its key and its numbers alone. */
export function isFoundAgain({ draft }: Pick<StoredIntent, "draft">): boolean {
  return (draft as Partial<ReversibleDraft>).kind === undefined;
}

/** What of a customer may stand on a sale, while nobody has looked yet which one. */
const ON_SALES = [
  ...["return", "reverse", "dispute-open", "dispute-back", "dispute-close"],
  ...REFUND_PURPOSES,
];

/** One customer may stand for every buyer of a shop. */
const NAMED_MAX = 10;

/**
 * $1 pair, $2 keys, $3 purposes: those of the keys that no run has come by since the rebuild, and
 * what else of the customers of their sales has no sale yet.
 */
const UNSEEN_SQL = `
select i.object, i.purpose, coalesce(i.receipt ->> 'refNbr', '') as number
from intent i
where i.pair = $1 and i.draft_hash = 'rebuilt' and i.reversed_by is null and not exists (
    select from run r where r.pair = i.pair and r.lane_key = i.lane_key
      and r.ended_at > i.created_at and r.outcome in ('booked', 'not_applicable'))
  and (i.key = any ($2::text[]) or i.lane_key = i.object and i.purpose = any ($3::text[])
    and strpos(i.part, '#') = 0
    and trim(i.receipt ->> 'customerId') in (
      select trim(o.receipt ->> 'customerId') from intent o
      where o.pair = $1 and o.key = any ($2::text[]) and o.purpose in ('invoice', 'payment')))
order by i.object, i.purpose`;

/**
 * Asserts that each document that was found again had a run since: only that tells which rows it
 * owns, which sale it is of, and what stands on that sale, which the hub may know all the time.
 *
 * @throws HubError `reverse.unsupported` naming those that had none
 */
export async function assertSeenAgain(
  pool: Pool,
  pair: Pick<PairRuntime, "id">,
  originals: readonly StoredIntent[],
): Promise<void> {
  const { rows } = await pool.query<{ object: string; purpose: string; number: string }>(
    UNSEEN_SQL,
    [pair.id, originals.map(({ key }) => key), ON_SALES],
  );
  if (rows.length === 0) return;
  const named = rows.slice(0, NAMED_MAX);
  const names = named.map(({ object, purpose, number }) => `${purpose} ${number} of ${object}`);
  const more = rows.length > named.length ? ` and ${rows.length - named.length} more` : "";
  throw new HubError(
    "reverse.unsupported",
    `No run has come by since a rebuild found them in SL: ${names.join(", ")}${more}`,
    {
      facts: { objects: [...new Set(named.map(({ object }) => object))].join(", ") },
      cure:
        `\`slipway rebuild ${pair.id} --since\` a day before they were paid lets their runs ` +
        "look; then ask again.",
    },
  );
}

/**
 * The content of a journal that was found again, line by line as SL shows it. What an account stood
 * for it does not show: the bank's is told by the settings, since its lines may leave no period.
 *
 * @throws HubError `reverse.unsupported` where that is not all of it
 */
export async function journalContent(
  pair: Pick<PairRuntime, "erp" | "settings">,
  batch: BatchReading,
): Promise<JournalDraft> {
  const { batNbr, key, period, currency, journal } = batch;
  const name = `journal ${batNbr}`;
  if (journal === undefined) throw notGivenBack(name, "its lines");
  const { stripeId, lines } = journal;
  const bank = pair.settings.accounts.bank[currency.trim()];
  const isBank = ({ account, subaccount }: GlAccount) =>
    account === bank?.account && subaccount === bank.subaccount;
  const draft: JournalDraft = {
    kind: "journal",
    ...{ key, stripeId, period: period.trim(), currency: currency.trim() },
    ...(await rateShown(pair, { table: "Batch", screen: "journal", batNbr }, { name, currency })),
    // A journal of several days has the date of the last one.
    documentDate:
      lines
        .map(({ date }) => date)
        .sort()
        .at(-1) ?? "",
    ...{ description: "", note: "", userFields: {} },
    lines: lines
      .filter(({ amount }) => amount.minor !== 0n)
      .map((line) => (isBank(line.account) ? { ...line, role: "bank" } : line)),
  };
  assertJournal(draft);
  return draft;
}

/**
 * The content of a released invoice, memo or payment that was found again, as SL shows it.
 *
 * @throws HubError `reverse.unsupported` where SL gives back less than it was booked with
 */
export async function documentContent(
  pair: Pick<PairRuntime, "erp" | "settings">,
  found: DocumentReading,
): Promise<ReversibleDraft> {
  const { type, refNbr, batNbr, currency } = found;
  const screen = type === "PA" || type === "PP" ? "payment" : "invoice";
  const record = { table: "ARDoc", screen, batNbr, refNbr } as const;
  const rate = await rateShown(pair, record, { name: nameOf(found), currency });
  return { ...(await withoutRate(pair, found)), ...rate };
}

async function withoutRate(
  pair: Pick<PairRuntime, "erp">,
  found: DocumentReading,
): Promise<ReversibleDraft> {
  const { type } = found;
  if (type === "PA" || type === "PP") return paymentContent(pair, { ...found, type });
  const batch = await pair.erp.readBatch("invoice", found.batNbr);
  const own = batch?.documents.filter((one) => one.refNbr === found.refNbr && one.type === type);
  const [whole] = own ?? [];
  if (whole === undefined || batch?.documents.length !== 1) {
    throw notGivenBack(nameOf(found), `it as the only document of its batch ${found.batNbr}`);
  }
  return linesContent(whole);
}

/** Tax lines are SL's own: release makes them again from the taxes of the other lines. */
function linesContent(whole: DocumentReading): InvoiceDraft | MemoDraft {
  const { amount: total, own: receivable, type, original = "" } = whole;
  const lines = whole.lines.filter(({ isTax }) => !isTax).map(({ isTax: _, ...line }) => line);
  const taxes = taxTotals(lines);
  const amounts = [...lines, ...taxes].map(({ amount }) => amount);
  const shown = sum(amounts, total.currency);
  if (!isSameAmount(shown, total)) {
    throw notGivenBack(nameOf(whole), `all lines: those that it shows make ${text(shown)}`);
  }
  if (!isSameTaxes(taxes, whole.taxes ?? [])) {
    throw notGivenBack(nameOf(whole), "the taxes of its lines as it has them on the document");
  }
  const same = {
    ...commonOf(whole),
    ...{ total, receivable, lines, terms: "", dueDate: "", orderNumber: "" },
  };
  if (type === "IN") return { kind: "invoice", ...same };
  if (type === "CM" || type === "DM") return { kind: "memo", type, ...same, original };
  throw notGivenBack(nameOf(whole), "a type that the hub books");
}

async function paymentContent(
  { erp }: Pick<PairRuntime, "erp">,
  found: DocumentReading & Readonly<{ type: PaymentDraft["type"] }>,
): Promise<PaymentDraft> {
  const { type, refNbr, amount, own: cash, salesOrder = "" } = found;
  const applications = await applicationsOf({ erp }, found);
  return {
    kind: "payment",
    ...commonOf(found),
    ...{ type, refNbr, amount, cash, salesOrder, applications },
  };
}

/** What it has paid tells the receivable account that it has credited. */
async function applicationsOf(
  { erp }: Pick<PairRuntime, "erp">,
  found: DocumentReading,
): Promise<PaymentDraft["applications"]> {
  const { customerId, type, refNbr, amount, balance } = found;
  const used = subtract(amount, balance);
  if (used.minor === 0n) return [];
  if (!(await canListApplications({ erp }))) {
    throw notGivenBack(nameOf(found), "what it has paid: the view xslw_Applications is missing");
  }
  const rows = (await erp.listApplications(customerId, [found])).filter(
    ({ payer, isPending }) => !isPending && payer.type === type && payer.refNbr === refNbr,
  );
  const applied = sum(
    rows.map((row) => row.amount),
    used.currency,
  );
  if (!isSameAmount(applied, used)) {
    throw notGivenBack(nameOf(found), `all that it has paid: ${text(applied)} of ${text(used)}`);
  }
  const applications: PaymentDraft["applications"][number][] = [];
  for (const { target, amount: paid } of rows) {
    const paidOne = await erp.readReleased(target.type, customerId, target.refNbr);
    if (paidOne === undefined) throw notGivenBack(nameOf(found), `the ${nameOf(target)} it paid`);
    const invoice = { invoiceRefNbr: target.refNbr, amount: paid, receivable: paidOne.own };
    applications.push(target.type === "DM" ? { ...invoice, type: "DM" } : invoice);
  }
  return applications;
}

function commonOf({ key, stripeId, customerId, currency, documentDate, period }: DocumentReading) {
  return {
    ...{ key, stripeId, documentDate, description: "", note: "", userFields: {} },
    ...{ customerId: customerId.trim(), currency: currency.trim(), period: period.trim() },
  };
}

function isSameTaxes(a: readonly LineTax[], b: readonly LineTax[]): boolean {
  const texts = (taxes: readonly LineTax[]) =>
    taxes.map((tax) => `${tax.taxId} ${text(tax.amount)} ${text(tax.taxable)}`.toUpperCase());
  const [own, other] = [texts(a).sort(), texts(b).sort()];
  return own.length === other.length && own.every((one, at) => one === other[at]);
}

/** The rate of a record in another currency, as SL keeps it: the day of it, and a double. */
async function rateShown(
  { erp, settings }: Pick<PairRuntime, "erp" | "settings">,
  record: ColumnRecord,
  of: Readonly<{ name: string; currency: string }>,
): Promise<Readonly<{ rate?: DocumentRate }>> {
  const { baseCurrency: base } = settings.sl;
  if (of.currency.trim().toUpperCase() === base) return {};
  const columns = ["CuryRate", "CuryMultDiv", "CuryRateType", "CuryEffDate"];
  const read = await erp.readColumns(record, { columns, baseCurrency: base });
  const { CuryRate: value = "", CuryRateType: type = "", CuryEffDate: date = "" } = read ?? {};
  const multDiv = read?.CuryMultDiv;
  if (!/[1-9]/.test(value) || (multDiv !== "M" && multDiv !== "D") || date === "") {
    throw notGivenBack(of.name, "the rate of exchange");
  }
  return { rate: { value, multDiv, base, type, date } };
}

function notGivenBack(name: string, what: string): HubError {
  return new HubError("reverse.unsupported", `Of ${name} SL does not give back ${what}`, {
    facts: { document: name },
    cure: "A rebuild took it over: enter the reversing document by hand in SL.",
  });
}

function nameOf({ type, refNbr }: Readonly<{ type: string; refNbr: string }>): string {
  return `${type} ${refNbr}`;
}

function text(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}
