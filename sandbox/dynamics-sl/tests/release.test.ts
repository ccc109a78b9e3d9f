import { describe, expect, test } from "vitest";
import type { SlClient } from "./client.ts";
import {
  anInvoice,
  aPayment,
  aSite,
  at,
  edit,
  INVOICE,
  ledgerBalance,
  PAYMENT,
  release,
  releasedInvoice,
  reserve,
} from "./site.ts";

/** A held invoice batch that `spoil` has broken behind SL's back. */
async function spoiltInvoice(
  site: SlClient,
  spoil: (batNbr: string) => Readonly<Record<string, unknown>>,
): Promise<string> {
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
  await site.admin("POST", "/rows", spoil(batNbr));
  return batNbr;
}

const BROKEN: readonly (readonly [number, string, (batNbr: string) => Record<string, unknown>])[] =
  [
    [12123, "the batch total differs", (BatNbr) => edited("Batch", BatNbr, { CuryCrTot: 49.99 })],
    [12124, "amounts of a line differ", (BatNbr) => edited("ARTran", BatNbr, { TranAmt: 49.99 })],
    [12125, "the document has no lines", (BatNbr) => removed("ARTran", BatNbr)],
    [12126, "a line has no document", (BatNbr) => edited("ARTran", BatNbr, { RefNbr: "999999" })],
    [
      12347,
      "the customer is unknown",
      () => ({ table: "Customer", where: { CustId: "C300" }, remove: true }),
    ],
    [12348, "a tax is unknown", (BatNbr) => edited("ARTran", BatNbr, { TaxId00: "NOTAX" })],
    [6928, "an account is blank", (BatNbr) => edited("ARTran", BatNbr, { Acct: "" })],
    [6929, "a subaccount is blank", (BatNbr) => edited("ARDoc", BatNbr, { BankSub: "" })],
    [8058, "the currency is unknown", (BatNbr) => edited("ARDoc", BatNbr, { CuryId: "XXX" })],
    [8881, "base currency has a rate", (BatNbr) => edited("ARDoc", BatNbr, { CuryRate: 1.1 })],
    [12427, "an account is denominated", (BatNbr) => edited("ARTran", BatNbr, { Acct: "1096" })],
  ];

function edited(
  table: string,
  BatNbr: string,
  set: Record<string, unknown>,
): Record<string, unknown> {
  return { table, where: { BatNbr }, set };
}

function removed(table: string, BatNbr: string): Record<string, unknown> {
  return { table, where: { BatNbr }, remove: true };
}

describe("release checks", () => {
  test.each(BROKEN)("message %i suspends the batch when %s", async (number, _when, spoil) => {
    const site = await aSite();
    const batNbr = await spoiltInvoice(site, spoil);

    const answer = await release(site, INVOICE, batNbr);

    expect(at(answer, "errorMessage")).toContain(`Message ${number}:`);
    const [batch] = await site.rows("Batch", { Module: "AR", BatNbr: batNbr });
    expect(batch).toMatchObject({ Status: "S", Rlsed: 0 });
    expect(await site.rows("GLTran")).toEqual([]);
  });

  test("message 12319 refuses a batch without a screen number and leaves it held", async () => {
    const site = await aSite();
    const batNbr = await spoiltInvoice(site, (BatNbr) =>
      edited("Batch", BatNbr, { EditScrnNbr: "" }),
    );

    const answer = await site.struct(INVOICE, "editScreen", {
      actionType: "RELEASENOW",
      inScreen: { myBatch: { BatNbr: batNbr } },
    });

    expect(at(answer, "errorMessage")).toContain("Message 12319:");
  });

  test("message 12008 answers a second release and books nothing", async () => {
    const site = await aSite();
    const batNbr = await reserve(site, INVOICE);
    await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
    await release(site, INVOICE, batNbr);
    const before = await site.rows("GLTran");

    const answer = await release(site, INVOICE, batNbr);

    expect(at(answer, "errorMessage")).toContain("Message 12008:");
    expect(await site.rows("GLTran")).toEqual(before);
  });

  test("message 12306 refuses a payment of an unreleased invoice", async () => {
    const site = await aSite();
    const held = await reserve(site, INVOICE);
    const invoice = await edit(site, INVOICE, "UPDATE", anInvoice(held, 50));
    const refNbr = at(invoice, "myARDoc", "RefNbr");
    const batNbr = await reserve(site, PAYMENT);
    await edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 50, { [refNbr]: 50 }));

    const answer = await release(site, PAYMENT, batNbr);

    expect(at(answer, "errorMessage")).toContain("Message 12306:");
    expect(await ledgerBalance(site, "1095")).toBe(0);
  });

  test("message 12427 refuses a payment on a clearing account of another currency", async () => {
    const site = await aSite();
    const batNbr = await reserve(site, PAYMENT);
    const payment = aPayment(batNbr, 50, {}, { document: { BankAcct: "1096" } });
    await edit(site, PAYMENT, "UPDATE", payment);

    const answer = await release(site, PAYMENT, batNbr);

    expect(at(answer, "errorMessage")).toContain("Message 12427:");
  });

  test("message 8888 rolls back every document of the batch", async () => {
    const site = await aSite();
    const batNbr = await reserve(site, INVOICE);
    await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
    await edit(
      site,
      INVOICE,
      "UPDATE",
      anInvoice(batNbr, 30, {
        line: { CuryTranAmt: 29.99, TranAmt: 29.99 },
        batch: { CuryCrTot: 80 },
      }),
    );

    const answer = await release(site, INVOICE, batNbr);

    expect(at(answer, "errorMessage")).toContain("Message 8888:");
    expect(await site.rows("GLTran")).toEqual([]);
    expect(await site.rows("ARDoc", { Rlsed: "1" })).toEqual([]);
  });
});

test("a suspended batch releases once its fault is mended", async () => {
  const site = await aSite();
  const batNbr = await spoiltInvoice(site, (BatNbr) => edited("ARTran", BatNbr, { Acct: "" }));
  await release(site, INVOICE, batNbr);
  await site.admin("POST", "/rows", edited("ARTran", batNbr, { Acct: "4010" }));

  const answer = await release(site, INVOICE, batNbr);

  expect(at(answer, "myBatch", "Status")).toBe("U");
});

test("an empty batch is not released", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);

  const answer = await release(site, INVOICE, batNbr);

  expect(at(answer, "errorMessage")).toContain("12125");
});

test("a released batch takes no further document", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
  await release(site, INVOICE, batNbr);

  await expect(edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50))).rejects.toThrow(
    "only a batch on hold can be changed",
  );
});

test("a second fill of a held batch makes a second document", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));

  const documents = await site.list(INVOICE, "getARDocsByBatNbrAndRefNbr", {
    batNbr,
    refNbr: "",
  });

  expect(documents.map((row) => at(row, "RefNbr"))).toEqual(["000501", "000502"]);
});

test("a credit memo credits the receivable and a debit memo debits it", async () => {
  const site = await aSite();
  await releasedInvoice(site, 40, { document: { DocType: "CM" }, line: { Acct: "4100" } });
  await releasedInvoice(site, 25, { document: { DocType: "DM" }, line: { Acct: "1095" } });

  expect(await ledgerBalance(site, "1200")).toBe(-15);
  expect(await ledgerBalance(site, "4100")).toBe(40);
  expect(await ledgerBalance(site, "1095")).toBe(-25);
});

test("a document of nothing closes at its release in status C", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 0));

  const answer = await release(site, INVOICE, batNbr);

  expect(at(answer, "myBatch", "Status")).toBe("C");
  expect((await site.rows("ARDoc"))[0]).toMatchObject({ OpenDoc: 0, PerClosed: "202603" });
});

test("tax sent as calculated is booked on the account of its tax", async () => {
  const site = await aSite();
  await releasedInvoice(site, 108.88, {
    document: { TaxId00: "NYTAX", CuryTaxTot00: 8.88, CuryTxblTot00: 100 },
    line: { CuryTranAmt: 100, TranAmt: 100, TaxId00: "NYTAX", CuryTaxAmt00: 8.88, TaxCalced: "Y" },
  });

  expect(await ledgerBalance(site, "2200")).toBe(-8.88);
  expect(await ledgerBalance(site, "1200")).toBe(108.88);
});

test("voiding a held batch frees its number and moves the counter back", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
  await site.admin("POST", `/batches/AR/${batNbr}/void`);

  const next = await releasedInvoice(site, 60);

  expect(next).toBe("000501");
  expect((await site.rows("ARDoc", { DocType: "VT" }))[0]).toMatchObject({ RefNbr: "000501" });
});

test("posting waits for the ledger period of the batch", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
  await release(site, INVOICE, batNbr);
  const early = await site.admin<{ posted: number }>("POST", "/post");
  await site.admin("POST", "/periods", { ledger: "202603" });

  const due = await site.admin<{ posted: number }>("POST", "/post");

  expect([early.posted, due.posted]).toEqual([0, 1]);
  expect((await site.rows("GLTran"))[0]).toMatchObject({ Posted: "P" });
});

test("the counter passes over a number that was taken by hand", async () => {
  const site = await aSite();
  await releasedInvoice(site, 10, { document: { RefNbr: "000501" } });

  expect(await releasedInvoice(site, 20)).toBe("000502");
});

test("a reference number is taken once over all customers and types", async () => {
  const site = await aSite();
  await releasedInvoice(site, 10, { document: { RefNbr: "HAND1" } });

  const again = releasedInvoice(site, 10, {
    document: { RefNbr: "HAND1", CustId: "C301", DocType: "DM" },
  });

  await expect(again).rejects.toThrow("has already been used");
});

test("user fields of a line go with it into the ledger", async () => {
  const site = await aSite();
  await releasedInvoice(site, 10, { line: { User1: "il_1", User2: "KEY" } });

  const [line] = await site.rows("GLTran", { Acct: "4010" });

  expect(line).toMatchObject({ User1: "il_1", User2: "KEY", Id: "C300", CrAmt: 10 });
});
