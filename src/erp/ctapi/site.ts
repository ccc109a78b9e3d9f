import { HubError } from "../../base/errors.ts";
import type { DocumentRate, UserFieldName } from "../port.ts";
import { asRow, asRows, type WireRow } from "./envelope.ts";
import type { SoapClient } from "./soap-client.ts";
import { textOf } from "./wire-values.ts";

/** The screens whose blank form the connector fills in. */
export type ScreenService =
  | "invoiceAndMemo"
  | "paymentApplication"
  | "customerMaintenance"
  | "journalTransactions";

/** The service of each screen. */
export const SERVICE = {
  invoice: "invoiceAndMemo",
  payment: "paymentApplication",
  journal: "journalTransactions",
} as const;

/** A text field of 30 characters that is ours at this site. */
export type OwnField = Extract<UserFieldName, "User1" | "User2">;

/** What every part of the connector shares: the client, the company, the fields that are ours. */
export type Site = Readonly<{
  client: SoapClient;
  companyId: string;
  keyField: OwnField;
  idField: OwnField;
  templates: Map<ScreenService, Promise<Template>>;
}>;

type Template = Readonly<{ screen: WireRow; fetchedAtMs: number }>;

/**
 * A blank screen carries the period and the date at which it was made, so it grows old; all else in
 * it is the site's set-up. A quarter of an hour costs a call for some hundred documents.
 */
const TEMPLATE_AGE_MS_MAX = 15 * 60_000;

/** The blank screen of a service with the site's defaults, fetched once in a while. */
export async function templateOf(site: Site, service: ScreenService): Promise<WireRow> {
  const known = site.templates.get(service);
  const template = known === undefined ? undefined : await known;
  if (template !== undefined && performance.now() - template.fetchedAtMs < TEMPLATE_AGE_MS_MAX) {
    return template.screen;
  }
  const fetching = fetchTemplate(site, service);
  site.templates.set(service, fetching);
  try {
    return (await fetching).screen;
  } catch (thrown) {
    if (site.templates.get(service) === fetching) site.templates.delete(service);
    throw thrown;
  }
}

/** The first line of a blank screen; empty where the site sends none. */
export function blankLine(template: WireRow): WireRow {
  return asRows(template.myARTran)[0] ?? {};
}

/**
 * Asserts that the currency is the ledger's own, or that its rate leads to that one.
 *
 * @throws HubError `mapping.currency_unsupported`
 */
export function assertRated(
  template: WireRow,
  { currency, rate }: Readonly<{ currency: string; rate?: DocumentRate }>,
): void {
  const base = textOf(asRow(template.myBatch), "BaseCuryID").trim().toUpperCase();
  if ((rate?.base ?? currency).toUpperCase() === base) return;
  const valued = rate === undefined ? currency : `${currency}, valued in ${rate.base}`;
  throw new HubError(
    "mapping.currency_unsupported",
    `SL's base currency is ${base === "" ? "not told" : base}, the document is in ${valued}`,
    { facts: { currency, base } },
  );
}

async function fetchTemplate(site: Site, service: ScreenService): Promise<Template> {
  // Without a signal: several calls wait for the same screen, and one that is aborted must not
  // take it from the others.
  const screen = asRow(await site.client.call(service, "getNewscreen", {}, { kind: "read" }));
  if (screen === undefined) {
    throw new HubError("erp.contract", `The service ${service} gave no blank screen`);
  }
  return { screen, fetchedAtMs: performance.now() };
}
