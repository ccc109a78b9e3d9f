import { createCtapiConnector } from "../../src/erp/ctapi/index.ts";
import { type DocumentDraft, screenOf } from "../../src/erp/port.ts";
import { aLine, anInvoice } from "../../src/erp/testing/contract-drafts.ts";
import type { World } from "../support/world.ts";

/** Somebody at the world's SL site, past the hub. */
export type Clerk = Readonly<{
  /** Enters a document: on hold, or released as well; gives its number. */
  enter(draft: DocumentDraft, isHeld: boolean): Promise<string>;
  /** Enters an invoice over `total` major units, as `enter` does. */
  enterInvoice(of: InvoiceOfClerk): Promise<string>;
  /** The same on its customer's own receivable account, so that an application moves none. */
  enterOwnInvoice(of: InvoiceOfClerk & { customer: keyof typeof RECEIVABLES }): Promise<string>;
  close(): void;
}>;

const RECEIVABLES = { C300: "1200", C301: "1210" } as const;

type InvoiceOfClerk = Readonly<{ total: number; customer: string; isHeld: boolean }>;

/** Takes a seat at the world's SL site; its documents have the second day of SL's own period. */
export function openClerk(world: World): Clerk {
  const sl = createCtapiConnector({ baseUrl: world.slUrl, ...world.slCredentials });
  let drafts = 0;
  const enter = async (draft: DocumentDraft, isHeld: boolean): Promise<string> => {
    drafts += 1;
    const { current: period } = await world.slAdmin<{ current: string }>("/periods");
    const documentDate = `${period.slice(0, 4)}-${period.slice(4)}-02`;
    const own = { key: `clerk-${drafts}`, stripeId: "", period, documentDate };
    const { batNbr } = await sl.add({ ...draft, ...own } as DocumentDraft);
    if (!isHeld) await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
    const reading = await sl.readBatch(screenOf(draft), batNbr);
    return reading?.documents[0]?.refNbr ?? "";
  };
  return {
    enter,
    enterInvoice: ({ total, customer, isHeld }) => {
      const lines = [aLine(total * 100, "", "4020")];
      return enter(anInvoice(0, { customerId: customer, lines }), isHeld);
    },
    enterOwnInvoice: ({ total, customer, isHeld }) => {
      const lines = [aLine(total * 100, "", "4020")];
      const receivable = { account: RECEIVABLES[customer], subaccount: "0".repeat(12) };
      return enter(anInvoice(0, { customerId: customer, receivable, lines }), isHeld);
    },
    close: () => sl.close(),
  };
}
