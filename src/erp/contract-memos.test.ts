import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareBatch } from "./compare.ts";
import type { SandboxSite } from "./ctapi/testing/sandbox-site.ts";
import { type DocumentDraft, type DocumentReading, type ErpConnector, screenOf } from "./port.ts";
import { aLine, aMemo, anInvoice, headOf, usd } from "./testing/contract-drafts.ts";
import { CONNECTORS } from "./testing/contract-site.ts";

// What every connector must do with memos and with SL's own taxes.

describe.each(CONNECTORS)("%s", (_name, start) => {
  let site: SandboxSite;
  let erp: ErpConnector;

  beforeEach(async () => {
    site = await start();
    erp = site.connector;
  });

  afterEach(() => site.close());

  /** Books a draft, compared before and after its release; gives the document as it then stands. */
  async function booked(draft: DocumentDraft): Promise<DocumentReading | undefined> {
    const { batNbr } = await erp.reserve(headOf(draft));
    await erp.fill(batNbr, draft);
    const held = await erp.readBatch(screenOf(draft), batNbr);
    expect(held && compareBatch(draft, held)).toEqual([]);
    await erp.release(screenOf(draft), batNbr);
    const released = await erp.readBatch(screenOf(draft), batNbr);
    expect(released && compareBatch(draft, released)).toEqual([]);
    return released?.documents[0];
  }

  /** The GL lines of a batch: account, debit, credit. */
  async function ledgerOf(batNbr: string | undefined): Promise<string[]> {
    const answer = await site.admin("GET", `/rows?table=GLTran&BatNbr=${batNbr}`);
    const rows = answer as { Acct: string; DrAmt: number; CrAmt: number }[];
    return rows.map((row) => `${row.Acct.trim()} ${row.DrAmt} ${row.CrAmt}`).sort();
  }

  test("a debit memo on clearing debits the receivable and names what it is about", async () => {
    const invoice = await booked(anInvoice(1));
    const draft = aMemo(2, "DM", { original: invoice?.refNbr ?? "", dueDate: "2026-04-09" });

    const memo = await booked(draft);

    expect(memo).toMatchObject({ type: "DM", balance: usd(10_000), original: invoice?.refNbr });
    expect(await ledgerOf(memo?.batNbr)).toEqual(["1095 0 100", "1200 100 0"]);
    expect(await erp.findReleased(draft)).toMatchObject({ type: "DM", refNbr: memo?.refNbr });
  });

  test("a credit memo credits the receivable and has neither terms nor a due date", async () => {
    const memo = await booked(aMemo(1, "CM"));

    expect(memo).toMatchObject({ type: "CM", balance: usd(10_000), isReleased: true });
    expect(await ledgerOf(memo?.batNbr)).toEqual(["1200 0 100", "4090 100 0"]);
    expect((await erp.listOpenCredits("C300")).map(({ refNbr }) => refNbr)).toEqual([memo?.refNbr]);
  });

  test("taxes of SL's own ids are kept as they are given, whatever their rates", async () => {
    const taxes = [
      { taxId: "NYTAX", amount: usd(437), taxable: usd(6_000) },
      { taxId: "VAT20", amount: usd(1), taxable: usd(6_000) },
    ];
    const second = [{ taxId: "VAT20", amount: usd(29), taxable: usd(4_000) }];
    const lines = [
      { ...aLine(6_000, "CONSULT", "4020"), taxes },
      { ...aLine(4_000, "", "4050"), taxes: second },
    ];

    const invoice = await booked(anInvoice(1, { lines, total: usd(10_467) }));

    expect(invoice).toMatchObject({
      amount: usd(10_467),
      taxes: [taxes[0], { taxId: "VAT20", amount: usd(30), taxable: usd(10_000) }],
    });
    expect(await ledgerOf(invoice?.batNbr)).toEqual([
      "1200 104.67 0",
      "2200 0 4.37",
      "2210 0 0.3",
      "4020 0 60",
      "4050 0 40",
    ]);
  });

  test("a site that computes tax anew shows it before anything is released", async () => {
    await site.admin("POST", "/switches", { taxCalcedHonoured: false });
    const taxes = [{ taxId: "NYTAX", amount: usd(437), taxable: usd(10_000) }];
    const draft = anInvoice(1, {
      lines: [{ ...aLine(10_000, "", "4020"), taxes }],
      total: usd(10_437),
    });
    const { batNbr } = await erp.reserve(headOf(draft));
    await erp.fill(batNbr, draft);

    const held = await erp.readBatch("invoice", batNbr);

    const differences = held && compareBatch(draft, held);
    expect(differences?.map(({ what }) => what)).toContain("amount");
    expect(differences?.map(({ what }) => what)).toContain("tax");
  });
});
