import { expect, test } from "vitest";
import type { SentStruct, SlClient } from "./client.ts";
import {
  anInvoice,
  aPayment,
  aSite,
  at,
  DAY,
  edit,
  INVOICE,
  KEY,
  ledgerBalance,
  PAYMENT,
  release,
  releasedInvoice,
  releasedPayment,
  reserve,
  SUB,
} from "./site.ts";

/** An application of an existing document to `target`, saved into a reserved batch. */
async function anApplication(
  site: SlClient,
  payer: Readonly<{ DocType: string; RefNbr: string }>,
  target: Readonly<{ type: string; refNbr: string; amount: number }>,
  batch: SentStruct = {},
): Promise<string> {
  const batNbr = await reserve(site, PAYMENT, batch);
  const [document] = await site.list(PAYMENT, "getReleasedARDocsByCustIDAndDocType", {
    custID: "C300",
    docType: payer.DocType,
    refNbr: payer.RefNbr,
  });
  await edit(site, PAYMENT, "UPDATE", {
    myBatch: {
      BatNbr: batNbr,
      Status: "H",
      PerPost: "202603",
      CuryId: "USD",
      User2: KEY,
      ...batch,
    },
    myARDoc: { ...(document as unknown as SentStruct), ApplBatNbr: batNbr },
    myARTran: {
      ARTran: [
        { DrCr: "U", CostType: target.type, SiteId: target.refNbr, CuryTranAmt: target.amount },
      ],
    },
  });
  return batNbr;
}

test("one payment pays two invoices and leaves its rest open", async () => {
  const site = await aSite();
  const [a, b] = [await releasedInvoice(site, 300), await releasedInvoice(site, 150)];

  await releasedPayment(site, 500, { [a]: 300, [b]: 150 });

  const [payment] = await site.rows("ARDoc", { DocType: "PA" });
  expect(payment).toMatchObject({ CuryDocBal: 50, OpenDoc: 1, ApplBatNbr: "", CuryApplAmt: 0 });
  expect(await ledgerBalance(site, "1200")).toBe(-50);
  expect(await site.rows("ARTran", { DrCr: "U" })).toEqual([]);
});

test("a payment above the open balance of its invoice is refused", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 100);
  const batNbr = await reserve(site, PAYMENT);

  const saving = edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 120, { [refNbr]: 100.01 }));

  await expect(saving).rejects.toThrow("Message 217: Amount applied exceeds the open balance");
  expect(await site.rows("ARDoc", { DocType: "PA" })).toEqual([]);
});

test("amounts pending in other batches count against the open balance", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 100);
  const first = await reserve(site, PAYMENT);
  await edit(site, PAYMENT, "UPDATE", aPayment(first, 60, { [refNbr]: 60 }));
  const second = await reserve(site, PAYMENT);
  const more = aPayment(second, 60, { [refNbr]: 60 }, { document: { RefNbr: "SECOND" } });

  await expect(edit(site, PAYMENT, "UPDATE", more)).rejects.toThrow("exceeds the open balance");
});

test("lines above the payment itself are refused", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 100);
  const batNbr = await reserve(site, PAYMENT);

  const saving = edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 50, { [refNbr]: 60 }));

  await expect(saving).rejects.toThrow("exceeds the balance of PA");
});

test("a payment number is taken once for a customer", async () => {
  const site = await aSite();
  await releasedPayment(site, 10, {});
  const batNbr = await reserve(site, PAYMENT);

  const again = edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 10, {}));

  await expect(again).rejects.toThrow("already exists");
});

test("a fill sent twice edits the payment of its number", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, PAYMENT);
  await edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 10, {}));
  await edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 10, {}));

  expect(await site.rows("ARDoc", { BatNbr: batNbr })).toHaveLength(1);
});

test("a released payment applied later within one receivable makes no ledger lines", async () => {
  const site = await aSite();
  await releasedPayment(site, 80, {});
  const refNbr = await releasedInvoice(site, 80);
  const lines = (await site.rows("GLTran")).length;

  const batNbr = await anApplication(
    site,
    { DocType: "PA", RefNbr: "KY3E3RUCE5" },
    { type: "IN", refNbr, amount: 80 },
  );
  const answer = await release(site, PAYMENT, batNbr);

  expect(at(answer, "myBatch", "Status")).toBe("C");
  expect((await site.rows("GLTran")).length).toBe(lines);
  expect(await site.rows("ARDoc", { OpenDoc: "1" })).toEqual([]);
});

test("a credit memo is applied to a debit memo", async () => {
  const site = await aSite();
  const credit = await releasedInvoice(site, 30, { document: { DocType: "CM" } });
  const debit = await releasedInvoice(site, 30, { document: { DocType: "DM" } });

  const batNbr = await anApplication(
    site,
    { DocType: "CM", RefNbr: credit },
    { type: "DM", refNbr: debit, amount: 30 },
  );
  await release(site, PAYMENT, batNbr);

  expect(await site.rows("ARDoc", { OpenDoc: "1" })).toEqual([]);
  expect((await site.rows("ARAdjust"))[0]).toMatchObject({
    AdjdDocType: "DM",
    AdjgDocType: "CM",
    AdjAmt: 30,
  });
});

test("a prepayment stands on its account until it is applied", async () => {
  const site = await aSite();
  await releasedPayment(site, 150, {}, { document: { DocType: "PP" } });
  expect(await ledgerBalance(site, "2100")).toBe(-150);
  const refNbr = await releasedInvoice(site, 90);

  const batNbr = await anApplication(
    site,
    { DocType: "PP", RefNbr: "KY3E3RUCE5" },
    { type: "IN", refNbr, amount: 90 },
  );
  const answer = await release(site, PAYMENT, batNbr);

  expect(at(answer, "myBatch", "Status")).toBe("U");
  expect(await ledgerBalance(site, "2100")).toBe(-60);
  expect(await ledgerBalance(site, "1200")).toBe(0);
  const [balances] = await site.rows("AR_Balances", { CustID: "C300" });
  expect(balances).toMatchObject({ TotPrePay: 60, CurrBal: 0 });
});

test("AutoApply pays the oldest open document with what is left", async () => {
  const site = await aSite();
  const of = { document: { CustId: "C305" } };
  const later = await releasedInvoice(site, 50, {
    document: { CustId: "C305", DueDate: "2026-05-01T00:00:00" },
  });
  const sooner = await releasedInvoice(site, 40, {
    document: { CustId: "C305", DueDate: "2026-04-01T00:00:00" },
  });

  await releasedPayment(site, 60, {}, of);

  expect((await site.rows("ARDoc", { RefNbr: sooner }))[0]).toMatchObject({ CuryDocBal: 0 });
  expect((await site.rows("ARDoc", { RefNbr: later }))[0]).toMatchObject({ CuryDocBal: 30 });
});

test("AutoApply leaves prepayments alone", async () => {
  const site = await aSite();
  await releasedInvoice(site, 50, { document: { CustId: "C305" } });

  await releasedPayment(site, 60, {}, { document: { CustId: "C305", DocType: "PP" } });

  expect(await site.rows("ARAdjust")).toEqual([]);
});

/** An EUR batch at `rate`. */
function eur(rate: number): SentStruct {
  return { CuryId: "EUR", CuryRate: rate, CuryMultDiv: "M" };
}

test("a payment at another rate books the realised loss and clears both balances", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 100, {
    batch: eur(1.1),
    document: { CuryId: "EUR", CuryRate: 1.1 },
  });

  await releasedPayment(
    site,
    100,
    { [refNbr]: 100 },
    { batch: eur(1.0831), document: { CuryId: "EUR", CuryRate: 1.0831 } },
  );

  expect(await ledgerBalance(site, "1095")).toBe(108.31);
  expect(await ledgerBalance(site, "6920")).toBe(1.69);
  expect(await ledgerBalance(site, "1200")).toBe(0);
  expect((await site.rows("ARAdjust"))[0]).toMatchObject({ AdjAmt: 110, CuryRGOLAmt: -1.69 });
  expect(await site.rows("ARDoc", { OpenDoc: "1" })).toEqual([]);
});

test("a memo applied at another rate books only the gain", async () => {
  const site = await aSite();
  const credit = await releasedInvoice(site, 100, {
    batch: eur(1.1),
    document: { CuryId: "EUR", CuryRate: 1.1, DocType: "CM" },
  });
  const debit = await releasedInvoice(site, 100, {
    batch: eur(1.0702),
    document: { CuryId: "EUR", CuryRate: 1.0702, DocType: "DM" },
  });

  const batNbr = await anApplication(
    site,
    { DocType: "CM", RefNbr: credit },
    { type: "DM", refNbr: debit, amount: 100 },
    eur(1.1),
  );
  await release(site, PAYMENT, batNbr);

  const lines = await site.rows("GLTran", { BatNbr: batNbr, Module: "AR" });
  expect(lines).toHaveLength(2);
  expect(await ledgerBalance(site, "6910")).toBe(-2.98);
  expect(await ledgerBalance(site, "1200")).toBe(0);
});

test.each([
  ["JPY", 5000, 0.0066, 33],
  ["KWD", 10.5, 3.25, 34.13],
])(
  "an invoice in %s keeps its decimals and its base value",
  async (currency, amount, rate, base) => {
    const site = await aSite();

    await releasedInvoice(site, amount, {
      batch: { CuryId: currency, CuryRate: rate },
      document: { CuryId: currency, CuryRate: rate },
    });

    expect((await site.rows("ARDoc"))[0]).toMatchObject({
      CuryOrigDocAmt: amount,
      OrigDocAmt: base,
    });
  },
);

test("applyPayment applies and releases in a batch of its own", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 80);
  await releasedPayment(site, 80, {});

  const answer = await site.struct(PAYMENT, "applyPayment", {
    actionType: "ADD",
    custID: "C300",
    paymentRefNbr: "KY3E3RUCE5",
    invoiceRefNbr: refNbr,
    applyAmount: 80,
  });

  expect(at(answer, "errorMessage")).toBe("");
  expect(await site.rows("ARDoc", { OpenDoc: "1" })).toEqual([]);
});

test("balances of the customer follow its documents", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 100);
  await releasedInvoice(site, 25, { document: { DocType: "CM" } });
  await releasedPayment(site, 60, { [refNbr]: 60 });

  const [balances] = await site.list(PAYMENT, "getAR_BalancesByCustIDAndCpnyID", {
    custID: "C300",
  });

  expect(at(balances, "CurrBal")).toBe("15");
});

test("a batch in another currency takes no document of ours", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE, eur(1.1));
  const screen = anInvoice(batNbr, 10, {
    batch: eur(1.1),
    document: { CuryId: "USD", DocDate: DAY, BankSub: SUB },
  });

  await expect(edit(site, INVOICE, "UPDATE", screen)).rejects.toThrow("differs from the batch's");
});

test("the base balance closes with the currency balance whatever the roundings", async () => {
  const site = await aSite();
  // At 1.05 the three parts are worth 0.35, 0.35 and 0.36, one cent more than the whole.
  const rate = eur(1.05);
  const document = { CuryId: "EUR", CuryRate: 1.05 };
  const refNbr = await releasedInvoice(site, 1, { batch: rate, document });

  for (const [number, part] of [0.33, 0.33, 0.34].entries()) {
    await releasedPayment(
      site,
      part,
      { [refNbr]: part },
      { batch: rate, document: { ...document, RefNbr: `PART${number}` } },
    );
  }

  expect((await site.rows("ARDoc", { RefNbr: refNbr }))[0]).toMatchObject({ DocBal: 0 });
  expect(await ledgerBalance(site, "1200")).toBe(0);
  expect(await ledgerBalance(site, "6910")).toBe(-0.01);
});

test("a payment that is being applied in one batch is refused in another", async () => {
  const site = await aSite();
  await releasedPayment(site, 80, {});
  const refNbr = await releasedInvoice(site, 80);
  const payer = { DocType: "PA", RefNbr: "KY3E3RUCE5" };
  await anApplication(site, payer, { type: "IN", refNbr, amount: 30 });

  const second = anApplication(site, payer, { type: "IN", refNbr, amount: 30 });

  await expect(second).rejects.toThrow("is being applied in batch");
});

test("a balance that shrank after entry stops the release of its application", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 80);
  const batNbr = await reserve(site, PAYMENT);
  await edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 80, { [refNbr]: 80 }));
  await site.admin("POST", "/rows", {
    table: "ARDoc",
    where: { RefNbr: refNbr },
    set: { CuryDocBal: 79.99, DocBal: 79.99 },
  });

  const answer = await release(site, PAYMENT, batNbr);

  expect(at(answer, "errorMessage")).toContain("217: Amount applied exceeds the open balance");
  expect((await site.rows("Batch", { BatNbr: batNbr }))[0]).toMatchObject({ Status: "S" });
});
