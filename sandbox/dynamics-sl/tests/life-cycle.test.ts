import { expect, test } from "vitest";
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

test("an invoice and its payment leave the receivable at zero", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 108.25);
  const batNbr = await reserve(site, PAYMENT);
  await edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 108.25, { [refNbr]: 108.25 }));

  const released = await release(site, PAYMENT, batNbr);

  expect(at(released, "errorMessage")).toBe("");
  expect(at(released, "myBatch", "Status")).toBe("U");
  expect(await ledgerBalance(site, "1200")).toBe(0);
  expect(await ledgerBalance(site, "1095")).toBe(108.25);
  expect(await ledgerBalance(site, "4010")).toBe(-108.25);
  const [invoice] = await site.rows("ARDoc", { RefNbr: refNbr });
  expect(invoice).toMatchObject({ CuryDocBal: 0, OpenDoc: 0, Rlsed: 1, PerClosed: "202603" });
  const [adjustment] = await site.rows("ARAdjust");
  expect(adjustment).toMatchObject({
    AdjAmt: 108.25,
    AdjdRefNbr: refNbr,
    AdjgRefNbr: "KY3E3RUCE5",
  });
});

test("a reserved batch is empty and held and carries its key", async () => {
  const site = await aSite();

  const batNbr = await reserve(site, INVOICE);

  const screen = await site.struct(INVOICE, "getScreenByBatNbr", { batNbr });
  expect(at(screen, "myBatch", "Status")).toBe("H");
  expect(at(screen, "myBatch", "User2")).toBe("IT4PQTTDTWAMU52GWG2TNZ6DAP");
  expect(screen.myARDoc).toBeUndefined();
});

test("a filled batch reads back what was sent", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 20));

  const screen = await site.struct(INVOICE, "getScreenByBatNbr", { batNbr });

  expect(at(screen, "myARDoc", "CuryOrigDocAmt")).toBe("20");
  expect(at(screen, "myARDoc", "User1")).toBe("in_1");
  expect(at(screen, "myARTran", "ARTran", "Acct")).toBe("4010");
  expect(at(screen, "myARTran", "ARTran", "RefNbr")).toBe("000501");
});
