import { expect, test } from "vitest";
import type { SentStruct, SlClient } from "./client.ts";
import { aSite, at, edit, JOURNAL, ledgerBalance, release, reserve, SUB } from "./site.ts";

async function aJournal(
  site: SlClient,
  lines: readonly SentStruct[],
  batch: SentStruct = {},
): Promise<string> {
  const batNbr = await reserve(site, JOURNAL, batch);
  await edit(site, JOURNAL, "UPDATE", {
    myBatch: { BatNbr: batNbr, Status: "H", PerPost: "202603", CuryId: "USD", ...batch },
    myGLTran: { GLTran: lines.map((line) => ({ Sub: SUB, User1: "txn_1", ...line })) },
    batchNote: { sNoteText: "po_1 in full" },
  });
  return batNbr;
}

test("a balanced journal is released with its accounts moved", async () => {
  const site = await aSite();
  const batNbr = await aJournal(site, [
    { Acct: "1090", CuryDrAmt: 1000 },
    { Acct: "1095", CuryCrAmt: 1000 },
  ]);

  const answer = await release(site, JOURNAL, batNbr);

  expect(at(answer, "myBatch", "Status")).toBe("U");
  expect(at(answer, "batchNote", "sNoteText")).toBe("po_1 in full");
  expect(await ledgerBalance(site, "1090")).toBe(1000);
  expect(await ledgerBalance(site, "1095")).toBe(-1000);
});

test.each([
  [
    "6019",
    [
      { Acct: "1090", CuryDrAmt: 10 },
      { Acct: "1095", CuryCrAmt: 9.99 },
    ],
  ],
  [
    "6658",
    [
      { Acct: "", CuryDrAmt: 10 },
      { Acct: "1095", CuryCrAmt: 10 },
    ],
  ],
])("message %s suspends a journal", async (number, lines) => {
  const site = await aSite();
  const batNbr = await aJournal(site, lines);

  const answer = await release(site, JOURNAL, batNbr);

  expect(at(answer, "errorMessage")).toContain(`Message ${number}:`);
  expect(await site.rows("GLTran", { Rlsed: "1" })).toEqual([]);
});

test.each([
  ["an unknown account", { Acct: "9999", CuryDrAmt: 1 }, "Account 9999 not found"],
  ["an inactive subaccount", { Acct: "1090", Sub: "990000000000", CuryDrAmt: 1 }, "is inactive"],
  ["a negative amount", { Acct: "1090", CuryDrAmt: -1 }, "cannot be negative"],
  ["both sides", { Acct: "1090", CuryDrAmt: 1, CuryCrAmt: 1 }, "either a debit or a credit"],
  ["an account of another currency", { Acct: "1096", CuryDrAmt: 1 }, "denominated in EUR"],
])("a line with %s is refused at entry", async (_what, line, message) => {
  const site = await aSite();

  await expect(aJournal(site, [line])).rejects.toThrow(message);
});

test("base amounts of a foreign journal balance to the cent", async () => {
  const site = await aSite();
  const eur = { CuryId: "EUR", CuryRate: 1.05 };
  const batNbr = await aJournal(
    site,
    [
      { Acct: "6100", CuryDrAmt: 0.33 },
      { Acct: "6102", CuryDrAmt: 0.33 },
      { Acct: "6103", CuryDrAmt: 0.34 },
      { Acct: "1096", CuryCrAmt: 1 },
    ],
    eur,
  );

  const answer = await release(site, JOURNAL, batNbr);

  expect(at(answer, "errorMessage")).toBe("");
  const lines = await site.rows("GLTran");
  const base = lines.reduce((sum, line) => sum + Number(line.DrAmt) - Number(line.CrAmt), 0);
  expect(Math.abs(base)).toBeLessThan(0.000001);
});

test("batch numbers of receivables and ledger are counted apart", async () => {
  const site = await aSite();

  const numbers = [await reserve(site, "invoiceAndMemo"), await reserve(site, JOURNAL)];

  expect(numbers).toEqual(["000316", "000101"]);
});

test("an invoice batch is not found by the journal screen", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, "invoiceAndMemo");

  const screen = await site.struct(JOURNAL, "getScreenByBatNbr", { batNbr });

  expect(screen.myBatch).toBeUndefined();
});
