import { expect, test } from "vitest";
import {
  anInvoice,
  aPayment,
  aSite,
  at,
  edit,
  INVOICE,
  PAYMENT,
  release,
  reserve,
} from "./site.ts";

test("a site may refuse empty batches by editBatch", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { emptyBatchByEditBatch: false });

  await expect(reserve(site, INVOICE)).rejects.toThrow("without a document");
});

test("an application screen without a document makes an empty batch", async () => {
  const site = await aSite();

  const screen = await edit(site, PAYMENT, "ADD", {
    myBatch: { Status: "H", PerPost: "202603", CuryId: "USD" },
  });

  expect(at(screen, "myBatch", "Status")).toBe("H");
});

test("a site may refuse screens without a document", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { emptyBatchByEditScreen: false });
  const empty = { myBatch: { Status: "H", PerPost: "202603", CuryId: "USD" } };

  await expect(edit(site, PAYMENT, "ADD", empty)).rejects.toThrow("without a document");

  expect(await site.rows("Batch")).toEqual([]);
});

test("a single ADD saves batch and document together", async () => {
  const site = await aSite();

  const screen = await edit(site, INVOICE, "ADD", anInvoice("", 50));

  expect(at(screen, "myARDoc", "BatNbr")).toBe(at(screen, "myBatch", "BatNbr"));
});

test("a site may replace the supplied rate by its own", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { suppliedRateKept: false });
  const eur = { CuryId: "EUR", CuryRate: 1.0831 };
  const batNbr = await reserve(site, INVOICE, eur);

  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 100, { batch: eur, document: eur }));

  expect((await site.rows("ARDoc"))[0]).toMatchObject({ CuryRate: 1.1, OrigDocAmt: 110 });
});

test("SL's own rate is the newest one not after the document", async () => {
  const site = await aSite();
  await site.admin("POST", "/rates", { from: "EUR", rate: 1.12, date: "2026-03-10" });
  await site.admin("POST", "/rates", { from: "EUR", rate: 1.2, date: "2026-03-11" });
  const batNbr = await reserve(site, INVOICE, { CuryId: "EUR" });

  await edit(
    site,
    INVOICE,
    "UPDATE",
    anInvoice(batNbr, 100, { batch: { CuryId: "EUR" }, document: { CuryId: "EUR" } }),
  );

  expect((await site.rows("ARDoc"))[0]).toMatchObject({ CuryRate: 1.12, OrigDocAmt: 112 });
});

test("a site may compute tax anew", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { taxCalcedHonoured: false });
  const batNbr = await reserve(site, INVOICE);

  const screen = await edit(
    site,
    INVOICE,
    "UPDATE",
    anInvoice(batNbr, 120, {
      line: { CuryTranAmt: 100, TranAmt: 100, TaxId00: "NYTAX", TaxCalced: "Y", CuryTaxAmt00: 20 },
    }),
  );

  expect(at(screen, "myARDoc", "CuryOrigDocAmt")).toBe("108.88");
  expect(at(screen, "myARDoc", "CuryTaxTot00")).toBe("8.88");
});

test("a site may drop user fields and notes", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { userFieldsKept: false, notesKept: false });
  const batNbr = await reserve(site, INVOICE);

  const screen = await edit(site, INVOICE, "UPDATE", {
    ...anInvoice(batNbr, 50),
    invoiceNote: { sNoteText: "in_1" },
  });

  expect(at(screen, "myARDoc", "User2")).toBe("");
  expect(screen.invoiceNote).toBeUndefined();
});

test("a site may post in summary against the hub's wish", async () => {
  const site = await aSite();
  await site.admin("POST", "/rows", {
    table: "ARSetup",
    where: { SetupId: "AR" },
    set: { GLPostOpt: "S" },
  });
  await site.admin("POST", "/switches", { glPostOptKept: false });

  await reserve(site, INVOICE);

  expect((await site.rows("Batch"))[0]).toMatchObject({ GLPostOpt: "S" });
});

test.each([
  ["prepayments", { prepayments: false }, "PP", "Prepayments cannot be entered"],
  ["released documents", { applyReleased: false }, "CM", "No released CM"],
])("a site without %s refuses them", async (_what, switches, DocType, message) => {
  const site = await aSite();
  await site.admin("POST", "/switches", switches);
  const batNbr = await reserve(site, PAYMENT);

  const saving = edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 5, {}, { document: { DocType } }));

  await expect(saving).rejects.toThrow(message);
});

test("a site without RELEASENOW leaves release to a person", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { releaseNow: false });
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));

  const refused = await release(site, INVOICE, batNbr);
  await site.admin("POST", `/batches/AR/${batNbr}/release`);

  expect(at(refused, "errorMessage")).toContain("not supported");
  expect((await site.rows("Batch"))[0]).toMatchObject({ Status: "U", Rlsed: 1 });
});

test("VALIDATEONLY of a fill checks and saves nothing", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);

  await edit(site, INVOICE, "VALIDATEONLY", anInvoice(batNbr, 50));

  expect(await site.rows("ARDoc")).toEqual([]);
  expect((await site.rows("ARSetup"))[0]).toMatchObject({ LastRefNbr: "000500" });
});

test("an unknown switch or a value of the wrong kind is refused", async () => {
  const site = await aSite();

  await expect(site.admin("POST", "/switches", { nonsense: true })).rejects.toThrow("no switch");
  await expect(site.admin("POST", "/switches", { padded: 1 })).rejects.toThrow("takes a boolean");
});
