import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareBatch, isFilled } from "./compare.ts";
import type { SandboxSite } from "./ctapi/testing/sandbox-site.ts";
import type { ErpConnector, JournalDraft } from "./port.ts";
import { aJournal, anEntry, anInvoice, headOf, keyOf, usd } from "./testing/contract-drafts.ts";
import { bookingWith, CONNECTORS } from "./testing/contract-site.ts";

// What every connector must do with journals of the general ledger.

describe.each(CONNECTORS)("%s", (_name, start) => {
  let site: SandboxSite;
  let erp: ErpConnector;
  const { filled } = bookingWith(() => erp);

  beforeEach(async () => {
    site = await start();
    erp = site.connector;
  });

  afterEach(() => site.close());

  type Line = Readonly<Record<string, unknown>>;

  async function rowsOf(batNbr: string): Promise<Line[]> {
    return (await site.admin("GET", `/rows?table=GLTran&Module=GL&BatNbr=${batNbr}`)) as Line[];
  }

  test("a journal is held equal to its draft, and booked line by line at its release", async () => {
    const draft = aJournal(1);
    const batNbr = await filled(draft);
    const held = await erp.readBatch("journal", batNbr);

    await erp.release("journal", batNbr);

    const released = await erp.readBatch("journal", batNbr);
    expect(held && compareBatch(draft, held)).toEqual([]);
    expect(held?.state).toBe("held");
    expect(released).toMatchObject({ isReleased: true, state: "released", documents: [] });
    expect(released && compareBatch(draft, released)).toEqual([]);
    const rows = await rowsOf(batNbr);
    expect(rows.map(({ Acct, DrAmt, CrAmt }) => [String(Acct).trim(), DrAmt, CrAmt])).toEqual([
      ["6100", 3, 0],
      ["6102", 0.5, 0],
      ["1095", 0, 3.5],
    ]);
    expect(rows[0]).toMatchObject({ Posted: "U", Rlsed: 1, PerPost: "202603" });
    expect([rows[0]?.User1, rows[0]?.User2].map((one) => String(one).trim())).toEqual([
      "txn_1",
      keyOf(1),
    ]);
  });

  test("the batch has key, text, totals and the day's user fields", async () => {
    const batNbr = await filled(aJournal(1));

    const [batch] = (await site.admin("GET", `/rows?table=Batch&Module=GL&BatNbr=${batNbr}`)) as [
      Line,
    ];

    expect(batch).toMatchObject({ CuryDrTot: 3.5, CuryCtrlTot: 3.5, PerPost: "202603" });
    expect(String(batch.Descr).trim()).toBe("Stripe fees");
    expect(String(batch.User5).trim()).toBe("DAILY");
    expect(String(batch.GLPostOpt)).toBe("D");
  });

  test("a second release of a journal changes nothing", async () => {
    const batNbr = await filled(aJournal(1));
    await erp.release("journal", batNbr);

    await erp.release("journal", batNbr);

    expect(await rowsOf(batNbr)).toHaveLength(3);
  });

  test("a single ADD holds the whole journal", async () => {
    const draft = aJournal(1);

    const { batNbr } = await erp.add(draft);

    const reading = await erp.readBatch("journal", batNbr);
    expect(reading?.state).toBe("held");
    expect(reading && compareBatch(draft, reading)).toEqual([]);
  });

  test("an empty ledger batch is not filled, and no document of its key", async () => {
    const draft = aJournal(1);
    const { batNbr } = await erp.reserve(headOf(draft));

    const reading = await erp.readBatch("journal", batNbr);

    expect(reading && isFilled(draft, reading)).toBe(false);
    expect(await erp.findByKey(draft.key)).toMatchObject([{ batNbr, type: "", screen: "journal" }]);
    expect(await erp.findBatches(draft.key)).toMatchObject([{ batNbr, holdsDocument: false }]);
  });

  test("journals are found by key, apart from receivables of the same batch number", async () => {
    await site.admin("POST", "/rows", {
      table: "GLSetup",
      where: {},
      set: { LastBatNbr: "000314" },
    });
    await site.admin("POST", "/rows", {
      table: "ARSetup",
      where: {},
      set: { LastBatNbr: "000314" },
    });
    const invoice = anInvoice(2);
    const { batNbr: ofInvoice } = await erp.reserve(headOf(invoice));
    await erp.fill(ofInvoice, invoice);
    const batNbr = await filled(aJournal(1));

    const found = await erp.findByKey(keyOf(1));

    expect(ofInvoice).toBe(batNbr);
    expect(found).toEqual([
      {
        key: keyOf(1),
        stripeId: "day:2026-03-1",
        screen: "journal",
        type: "GJ",
        customerId: "",
        refNbr: batNbr,
        batNbr,
        period: "202603",
        documentDate: "",
        isReleased: false,
      },
    ]);
    expect(await erp.findBatches(keyOf(1))).toMatchObject([{ batNbr, holdsDocument: true }]);
    expect((await erp.listUnreleased(1)).rows.map(({ screen }) => screen).sort()).toEqual([
      "invoice",
      "journal",
    ]);
  });

  test("the newest journals stand beside the newest documents, and in their pages", async () => {
    const numbers = [
      await filled(aJournal(1)),
      await filled(aJournal(2)),
      await filled(aJournal(3)),
    ];

    const newest = await erp.newestKeyed(2);

    expect(newest.map(({ batNbr }) => batNbr)).toEqual([numbers[2], numbers[1]]);
    const page = await erp.listKeyed(1);
    expect(page.rows.map(({ key, type }) => `${type} ${key}`)).toEqual(
      [1, 2, 3].map((nr) => `GJ ${keyOf(nr)}`),
    );
  });

  test.each([
    ["unequal sides", [anEntry("debit", 300, "6100"), anEntry("credit", 301, "1095")]],
    ["one line", [anEntry("debit", 300, "6100")]],
  ])("a journal with %s is never sent", async (_what, lines) => {
    const draft = aJournal(1);
    const { batNbr } = await erp.reserve(headOf(draft));

    const filling = erp.fill(batNbr, { ...draft, lines });

    await expect(filling).rejects.toMatchObject({ code: "mapping.journal_unbalanced" });
    expect(await rowsOf(batNbr)).toEqual([]);
  });

  test.each([
    ["another amount", { DrAmt: 2.99, CuryDrAmt: 2.99 }],
    ["another account", { Acct: "6103" }],
    ["another day", { TranDate: "2026-03-12" }],
  ])("a line that somebody gave %s differs from the draft", async (_what, set) => {
    const draft = aJournal(1);
    const batNbr = await filled(draft);
    const where = { Module: "GL", BatNbr: batNbr, Acct: "6100" };
    await site.admin("POST", "/rows", { table: "GLTran", where, set });

    const reading = await erp.readBatch("journal", batNbr);

    expect(reading && compareBatch(draft, reading).map(({ what }) => what)).toEqual([
      "line",
      "line",
    ]);
  });

  test("a site that sums the ledger up does not keep a journal as it was asked for", async () => {
    await site.admin("POST", "/switches", { glPostOptKept: false });
    const draft = aJournal(1);
    await site.admin("POST", "/rows", { table: "ARSetup", where: {}, set: { GLPostOpt: "S" } });
    const batNbr = await filled(draft);

    const reading = await erp.readBatch("journal", batNbr);

    expect(reading && compareBatch(draft, reading)).toEqual([
      { what: "GL posting option", expected: "D", found: "another" },
    ]);
  });

  describe("the ledger", () => {
    const clearing = { account: "1095", subaccount: "000000000000" };

    async function booked(draft: JournalDraft): Promise<string> {
      const batNbr = await filled(draft);
      await erp.release("journal", batNbr);
      return batNbr;
    }

    /** A top-up of 20.00 in the next period, and the fees of the day before it. */
    async function twoDays(): Promise<readonly [string, string]> {
      const topUp = [anEntry("debit", 2_000, "1095"), anEntry("credit", 2_000, "1090")];
      const later = topUp.map((line) => ({ ...line, date: "2026-04-01" }));
      return [
        await booked(aJournal(1)),
        await booked(aJournal(2, { lines: later, documentDate: "2026-04-01", period: "202604" })),
      ];
    }

    test("an account's balance ends with the day, and is told by period", async () => {
      await erp.check();
      await twoDays();

      const march = await erp.ledgerBalance(clearing, "USD", "2026-03-31");
      const april = await erp.ledgerBalance(clearing, "USD", "2026-04-01");

      expect(erp.capabilities).toMatchObject({ "gl-balance": "yes", "gl-detail": "yes" });
      expect(march).toMatchObject({ balance: usd(-350), credit: usd(350), lines: 1 });
      expect(april).toEqual({
        currency: "USD",
        debit: usd(2_000),
        credit: usd(350),
        balance: usd(1_650),
        base: usd(1_650),
        lines: 2,
        otherLines: 0,
        periods: [
          { period: "202603", debit: usd(0), credit: usd(350) },
          { period: "202604", debit: usd(2_000), credit: usd(0) },
        ],
      });
    });

    test("released lines name the Stripe id and the key that made them", async () => {
      const [fees] = await twoDays();

      const { rows, isLast } = await erp.listLedgerLines({ ...clearing, until: "2026-03-31" }, 1);

      expect(isLast).toBe(true);
      expect(rows).toEqual([
        {
          module: "GL",
          account: { account: "1095", subaccount: "000000000000" },
          batNbr: fees,
          lineNumber: expect.any(String) as string,
          type: "GL",
          refNbr: "",
          customerId: "",
          date: "2026-03-10",
          period: "202603",
          debit: usd(0),
          credit: usd(350),
          baseDebit: usd(0),
          baseCredit: usd(350),
          key: keyOf(1),
          stripeId: "txn_1",
          isPosted: false,
          description: "One of them",
          reference: "20260310",
          enteredBy: expect.any(String) as string,
        },
      ]);
    });

    test("posting changes no balance, and a line of somebody else has no key", async () => {
      await booked(aJournal(1, { key: "typed by somebody", period: "202601" }));
      await site.admin("POST", "/post", {});

      const { balance } = await erp.ledgerBalance(clearing, "USD", "2026-12-31");

      const [line] = (await erp.listLedgerLines(clearing, 1)).rows;
      expect(balance).toEqual(usd(-350));
      expect(line).toMatchObject({ isPosted: true, key: "", stripeId: "" });
    });

    test("a line in no currency that Stripe has counts by its base value", async () => {
      const batNbr = await booked(aJournal(1));
      const edit = (set: object) =>
        site.admin("POST", "/rows", { table: "GLTran", where: { BatNbr: batNbr }, set });

      for (const CuryId of ["", "TOKN"]) {
        await edit({ CuryId, CuryCrAmt: 7, CuryDrAmt: 0 });

        const [line] = (await erp.listLedgerLines(clearing, 1)).rows;

        expect(line).toMatchObject({ debit: usd(0), credit: usd(350), baseCredit: usd(350) });
      }
      const { balance } = await erp.ledgerBalance(clearing, "USD", "2026-03-31");
      expect(balance).toEqual(usd(-350));
    });

    test("what waits for its release stands apart from the balance", async () => {
      const batNbr = await filled(aJournal(1));

      const waiting = await erp.listUnreleasedLines(clearing, 1);

      expect(waiting.rows).toMatchObject([
        { module: "GL", batNbr, state: "held", credit: usd(350), key: keyOf(1) },
      ]);
      expect(await erp.ledgerBalance(clearing, "USD", "2026-12-31")).toMatchObject({ lines: 0 });
    });
  });
});
