import { HubError } from "../../base/errors.ts";
import type { Rate } from "../../base/rate.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { DocumentDraft } from "../../erp/port.ts";
import { rowsOfPayment } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { doneReceipt } from "./book.ts";
import type { Intent } from "./intent.ts";
import type { Worth } from "./value.ts";

/** What is asked of a document that another one takes back: it stands in SL, or is known here. */
type Original = Pick<Intent<Partial<DocumentDraft>>, "draft" | "stage" | "receipt"> | undefined;

/**
 * What values a memo that takes back a part of another document: the rate of that document, so that
 * no exchange is made of it. Undefined in the base currency, for a sale that Stripe has settled as
 * itself, and where the site keeps no rate that is given: those documents have SL's rate of their
 * own day.
 */
export async function worthOfOriginal(
  { pair, signal }: Pick<RunContext, "pair" | "signal">,
  original: unknown,
  sale: Sale,
): Promise<Worth | undefined> {
  const { accounts, sl } = pair.settings;
  const { currency } = sale.document.total;
  if (currency === sl.baseCurrency || isSettledAsItself(sale, pair)) return undefined;
  const isKept = pair.erp.capabilities["supplied-rate"] !== "no";
  if (!isKept && accounts.bridge !== undefined) return undefined;
  return worthOfDocument({ pair, signal }, original as Original);
}

/** Its payments tell how; while nothing is paid the settings do. */
function isSettledAsItself(
  { document, payments }: Sale,
  { settings }: Pick<PairRuntime, "settings">,
): boolean {
  const { currency } = document.total;
  const rows = payments.flatMap(rowsOfPayment);
  if (rows.length === 0) return settings.accounts.clearing[currency] !== undefined;
  return rows.every(({ gross }) => gross.currency === currency);
}

/** The rate of a document in another currency, for one that takes all of it back. */
export async function worthOfDocument(
  { pair, signal }: Pick<RunContext, "pair" | "signal">,
  original: unknown,
): Promise<Worth | undefined> {
  const intent = original as Original;
  const known = intent?.draft.rate;
  if (known !== undefined) {
    const { value, multDiv, base } = known;
    return { rate: { value, multDiv, base } };
  }
  const receipt = doneReceipt(intent as Intent | undefined);
  if (receipt === undefined || intent?.draft.currency !== undefined) return undefined;
  // A rebuild took it over from SL without its draft: SL knows its rate.
  const { refNbr, batNbr } = receipt;
  const record = { table: "ARDoc", screen: "invoice", batNbr, refNbr } as const;
  const base = pair.settings.sl.baseCurrency;
  const columns = ["CuryId", "CuryRate", "CuryMultDiv"];
  const read = await pair.erp.readColumns(record, { columns, baseCurrency: base }, signal);
  if (read === undefined) {
    throw new HubError("erp.not_found", `SL does not show the rate of document ${refNbr}`, {
      facts: { refNbr, batNbr },
    });
  }
  if (read.CuryId === base) return undefined;
  const multDiv: Rate["multDiv"] = read.CuryMultDiv === "D" ? "D" : "M";
  return { rate: { value: read.CuryRate ?? "", multDiv, base } };
}
