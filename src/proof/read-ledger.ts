import { isSameAmount, type Money, subtract, sum, zero } from "../base/money.ts";
import type {
  ErpConnector,
  GlAccount,
  LedgerBalance,
  LedgerLine,
  UnreleasedLine,
} from "../erp/port.ts";
import { addDays } from "../mapping/index.ts";
import type { BookLine } from "./documents.ts";
import type { LedgerSide } from "./prove.ts";

/** A release between two questions makes the balance move: so often it is asked again. */
const ASKED_MAX = 3;
/** SL holds no line before this day. */
const FIRST_DAY = "1900-01-01";

/** What is asked of SL: an account, line by line from a day on, or all of it. */
export type LedgerWanted = Readonly<{
  clearing: GlAccount;
  currency: string;
  from: string | undefined;
  day: string;
  /** Set where only what is booked up to a period counts. */
  period: string | undefined;
  /** What stood on the account before this day is in the opening entries; none means it is ours. */
  start: string | undefined;
}>;

const LEDGER_READS = ["gl-balance", "gl-detail"] as const;

/** What of a connector is asked. */
type LedgerReads = Pick<ErpConnector, "ledgerBalance" | "listLedgerLines" | "listUnreleasedLines">;

/** Looks for the views of a proof where nobody has yet, such as after the hub's start. */
export async function lookForLedger(
  erp: Pick<ErpConnector, "capabilities" | "check">,
  signal?: AbortSignal,
): Promise<void> {
  const { capabilities } = erp;
  const isUnknown = LEDGER_READS.some((name) => capabilities[name] === "probe");
  if (isUnknown) await erp.check(signal);
}

/** Whether a connector can be asked for a proof at all. */
export function hasLedger({ capabilities }: Pick<ErpConnector, "capabilities">): boolean {
  return LEDGER_READS.every((name) => capabilities[name] === "yes");
}

/** The clearing account as SL has it, without what becomes of documents that it lacks. */
export async function readLedger(
  erp: LedgerReads,
  wanted: LedgerWanted,
  signal?: AbortSignal,
): Promise<Omit<LedgerSide, "shownElsewhere">> {
  const { clearing, currency, day, start = FIRST_DAY } = wanted;
  const from = later(wanted.from ?? FIRST_DAY, start);
  const balance = () => erp.ledgerBalance(clearing, currency, day, signal);
  let held = await balance();
  let lines = await allPages((page) =>
    erp.listLedgerLines({ ...clearing, from, until: day }, page, signal),
  );
  for (let asked = 1; asked < ASKED_MAX; asked += 1) {
    const again = await balance();
    if (isSameAmount(again.balance, held.balance)) break;
    held = again;
    lines = await allPages((page) =>
      erp.listLedgerLines({ ...clearing, from, until: day }, page, signal),
    );
  }
  const own = lines.flatMap((line) => toBookLine(line, currency) ?? []);
  const counted = sum(
    own.filter((line) => isCounted(line, wanted)).map(({ amount }) => amount),
    currency,
  );
  const unreleased = await allPages((page) => erp.listUnreleasedLines(clearing, page, signal));
  return {
    account: clearing.account,
    subaccount: clearing.subaccount,
    before: subtract(
      subtract(countedOf(held, wanted), counted),
      await earlierThan(erp, wanted, signal),
    ),
    lines: own,
    base: held.base.currency === currency ? undefined : held.base,
    revaluations: lines.flatMap((line) => revaluationOf(line, currency) ?? []),
    unreleased: unreleased
      .filter(({ key }) => key !== "")
      .map((line) => toUnreleased(line, currency)),
  };
}

/** All that was released on an account from a day on, by default ever, by the end of another. */
export async function readAccountLines(
  erp: Pick<LedgerReads, "listLedgerLines">,
  of: Readonly<{ account: GlAccount; currency: string; day: string; from?: string }>,
  signal: AbortSignal | undefined,
): Promise<readonly BookLine[]> {
  const { account, currency, day, from = FIRST_DAY } = of;
  const query = { ...account, from, until: day };
  const lines = await allPages((page) => erp.listLedgerLines(query, page, signal));
  return lines.flatMap((line) => toBookLine(line, currency) ?? []);
}

/** What stood on the account when the pair started. */
async function earlierThan(
  erp: LedgerReads,
  wanted: LedgerWanted,
  signal: AbortSignal | undefined,
): Promise<Money> {
  const { clearing, currency, start } = wanted;
  if (start === undefined) return zero(currency);
  const held = await erp.ledgerBalance(clearing, currency, addDays(start, -1), signal);
  return countedOf(held, wanted);
}

/** What of a balance is booked up to the period that is proved. */
function countedOf({ periods }: LedgerBalance, wanted: LedgerWanted): Money {
  return sum(
    periods
      .filter((one) => isCounted(one, wanted))
      .map(({ debit, credit }) => subtract(debit, credit)),
    wanted.currency,
  );
}

function isCounted(of: Readonly<{ period: string }>, { period }: LedgerWanted): boolean {
  return period === undefined || of.period <= period;
}

function later(a: string, b: string): string {
  return a < b ? b : a;
}

async function allPages<T>(
  read: (page: number) => Promise<Readonly<{ rows: readonly T[]; isLast: boolean }>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; ; page += 1) {
    const { rows, isLast } = await read(page);
    all.push(...rows);
    if (isLast) return all;
  }
}

/** In the currency that is proved, or undefined for a line that has no part in it. */
function amountIn(
  line: Pick<LedgerLine, "debit" | "credit" | "baseDebit" | "baseCredit">,
  currency: string,
) {
  if (line.baseDebit.currency === currency) return subtract(line.baseDebit, line.baseCredit);
  return line.debit.currency === currency ? subtract(line.debit, line.credit) : undefined;
}

function toBookLine(line: LedgerLine, currency: string): BookLine | undefined {
  const amount = amountIn(line, currency);
  if (amount === undefined) return undefined;
  const {
    key,
    module,
    batNbr,
    refNbr,
    date,
    period,
    description,
    enteredBy: user,
    isPosted,
  } = line;
  return { key, module, batNbr, refNbr, date, period, amount, user, description, isPosted };
}

function revaluationOf(line: LedgerLine, currency: string) {
  if (amountIn(line, currency) !== undefined) return undefined;
  return { batNbr: line.batNbr, base: subtract(line.baseDebit, line.baseCredit) };
}

function toUnreleased(line: UnreleasedLine, currency: string) {
  const amount: Money = amountIn(line, currency) ?? zero(currency);
  return { batNbr: line.batNbr, key: line.key, amount };
}
