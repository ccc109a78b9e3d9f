import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import { overrideLines } from "./overrides.ts";
import { noteText } from "./text.ts";

/** Version of the rules of this folder; kept with every draft they made. */
export const MAPPING_VERSION = 1;

/** Where people see a Stripe object. */
function dashboardLink(
  stripeId: string,
  sale: Pick<Sale, "livemode">,
  settings: PairSettings,
): string {
  const prefix = stripeId.slice(0, stripeId.indexOf("_") + 1);
  // Its own page is that of a financial account, which a search finds.
  if (prefix === "ibt_") return `${dashboardSearch(sale, settings)}${stripeId}`;
  const page = PAGES[prefix] ?? "payments";
  return `${dashboardOf(sale, settings)}/${page}/${stripeId}`;
}

/** What finds a Stripe object of any kind, with its id put behind. */
export function dashboardSearch(of: Pick<Sale, "livemode">, settings: PairSettings): string {
  return `${dashboardOf(of, settings)}/search?query=`;
}

function dashboardOf({ livemode }: Pick<Sale, "livemode">, settings: PairSettings): string {
  return `${settings.dashboard.url.replace(/\/+$/, "")}${livemode ? "" : "/test"}`;
}

const PAGES: Readonly<Record<string, string>> = {
  in_: "invoices",
  cus_: "customers",
  po_: "payouts",
  tu_: "topups",
  cn_: "credit_notes",
};

/** A document's note: full ids, a link, and everything that did not fit its column. */
export function composeNote(
  sale: Pick<Sale, "livemode" | "overrides">,
  settings: PairSettings,
  parts: Readonly<{ linkTo: string; ids: readonly string[]; fullTexts: readonly string[] }>,
): string {
  return [
    ...parts.ids,
    dashboardLink(parts.linkTo, sale, settings),
    ...parts.fullTexts,
    ...overrideLines(sale),
    `Booked by Slipway for pair ${settings.id}, mapping version ${MAPPING_VERSION}`,
  ]
    .map(noteText)
    .join("\n");
}

/** `Stripe invoice in_1` for each id that is there. */
export function idLine(what: string, id: string | undefined): readonly string[] {
  return id === undefined || id === "" ? [] : [`Stripe ${what} ${id}`];
}
