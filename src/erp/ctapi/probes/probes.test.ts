import { afterEach, beforeEach, expect, test } from "vitest";
import { probeKey } from "../../../base/ids.ts";
import type { ProbeFinding, ProbeSettings } from "../../port.ts";
import { type SandboxSite, startSandboxSite } from "../testing/sandbox-site.ts";

const account = (number: string) => ({ account: number, subaccount: "000000000000" });

const SETTINGS: ProbeSettings = {
  period: "202603",
  currency: "USD",
  documentDate: "2026-03-10",
  terms: "01",
  receivable: account("1200"),
  sales: account("4020"),
  cash: account("1095"),
  newKey: probeKey,
  customerId: "C300",
  autoApplyCustomerId: "C305",
  foreignCurrency: "EUR",
};

const saying = (words: string): unknown => expect.stringContaining(words);

let site: SandboxSite;

beforeEach(async () => {
  site = await startSandboxSite();
});

afterEach(() => site.close());

type Findings = Readonly<Record<string, ProbeFinding>>;

/** The answer to one question, with those before it asked as well. */
async function askUntil(
  name: string,
  changes: Partial<ProbeSettings> = {},
): Promise<ProbeFinding | undefined> {
  for (const probe of site.connector.openProbes({ ...SETTINGS, ...changes }).probes) {
    const finding = await probe.run();
    if (probe.name === name) return finding;
  }
  return undefined;
}

/** Asks everything in order and cleans up. */
async function askAll(changes: Partial<ProbeSettings> = {}) {
  const session = site.connector.openProbes({ ...SETTINGS, ...changes });
  const findings: Record<string, ProbeFinding> = {};
  for (const probe of session.probes) findings[probe.name] = await probe.run();
  return { findings: findings as Findings, left: await session.cleanUp() };
}

type Row = Readonly<Record<string, string | number>>;

async function rows(table: string): Promise<Row[]> {
  return (await site.admin("GET", `/rows?table=${table}`)) as Row[];
}

/** Signed by account: what the released test documents have moved in the ledger. */
async function ledger(): Promise<ReadonlyMap<string, number>> {
  const moved = new Map<string, number>();
  for (const line of (await rows("GLTran")).filter(({ Rlsed }) => Rlsed === 1)) {
    const cents = Math.round((Number(line.DrAmt) - Number(line.CrAmt)) * 100);
    moved.set(String(line.Acct), (moved.get(String(line.Acct)) ?? 0) + cents);
  }
  return moved;
}

test("a site that can do everything answers yes to every question but one", async () => {
  const { findings } = await askAll();

  const others = Object.entries(findings).filter(([, { answer }]) => answer !== "yes");
  expect(others).toEqual([
    ["server-limit", { answer: "cannot", detail: saying("executionTimeout") }],
  ]);
});

test("after the clean-up every account is back where it was and nothing is open", async () => {
  const { left } = await askAll();

  const open = (await rows("ARDoc")).filter((row) => row.Rlsed === 1 && row.DocType !== "VT");
  expect([...(await ledger()).values()].every((cents) => cents === 0)).toBe(true);
  expect(open.map((row) => row.DocBal)).toEqual(open.map(() => 0));
  const unnamed = open.filter((row) => !left.some((text) => text.includes(String(row.RefNbr))));
  expect(unnamed).toEqual([]);
});

test("every batch that stays is named, the held ones to be voided", async () => {
  const { left } = await askAll();

  const batches = await rows("Batch");
  const unnamed = batches
    .map((row) => String(row.BatNbr).trim())
    .filter((batNbr) => !left.some((text) => text.includes(batNbr)));
  const held = batches.filter((row) => row.Status === "H");
  expect(unnamed).toEqual([]);
  expect(left.filter((text) => text.includes("to be voided"))).toHaveLength(held.length);
});

test.each([
  ["reserve-invoice", { emptyInvoiceBatches: false }, "without a document"],
  ["reserve-payment", { emptyPaymentBatches: false }, "without a document"],
  ["reserve-journal", { emptyJournalBatches: false }, "without a document"],
  ["list-batches", { heldBatchesListed: false }, "does not show batch"],
  ["append", { heldBatchesTakeDocuments: false }, "cannot be added to a saved batch"],
  ["keep-keys", { userFieldsKept: false }, "lost: User2 (batch)"],
  ["keep-notes", { notesKept: false }, "lost: the note of IN"],
  ["keep-journal", { notesKept: false }, "lost: the note"],
  ["search-unreleased", { searchShowsUnreleased: false }, "does not show IN"],
  ["search-by-key", { searchByUserFields: false }, "cannot be searched by user fields"],
  ["validate-only", { validateOnly: false }, "not supported"],
  ["prepayment", { prepayments: false }, "Prepayments cannot be entered"],
  ["supplied-tax", { taxCalcedHonoured: false }, "sent was tax 0.37"],
  ["foreign-currency", { foreignCurrencyOfCustomer: false }, "differs from the customer's"],
  ["supplied-rate", { suppliedRateKept: false }, "rate 1.1 on IN"],
  ["release-invoice", { releaseNow: false }, "not supported"],
  ["release-payment", { releaseNow: false }, "not supported"],
  ["release-journal", { releaseNow: false }, "not supported"],
  ["closed-after-release", { releasedBatchesClosed: false }, "was saved into that batch"],
  ["pay-and-apply", { paymentsApplyAtEntry: false }, "applied after its release"],
  ["apply-later", { applyReleased: false }, "cannot be applied in 08.030"],
  ["apply-prepayment", { applyReleased: false }, "cannot be applied in 08.030"],
  ["apply-memo", { applyMemoToDebitMemo: false }, "cannot be applied to a debit memo"],
  ["prepayment-exempt", { prepaymentExemptFromAutoApply: false }, "SL applied it by itself"],
])("%s is answered no by a site that cannot", async (name, switches, words) => {
  await site.admin("POST", "/switches", switches);

  expect(await askUntil(name)).toMatchObject({ answer: "no", detail: saying(words) });
});

test("a site without the views is noticed", async () => {
  await site.admin("POST", "/switches", { viewsInstalled: false });

  expect(await askUntil("find-by-key")).toMatchObject({
    answer: "no",
    detail: saying("xslw_ArDocByKey not found"),
  });
});

test("test documents are never taken for documents of the hub", async () => {
  await askAll();

  expect(await site.connector.newestKeyed(10)).toEqual([]);
  expect((await site.connector.listKeyed(1)).rows).toEqual([]);
});

test("a posting option that SL replaces is noticed", async () => {
  await site.admin("POST", "/switches", { glPostOptKept: false });
  const setup = { table: "ARSetup", where: { SetupId: "AR" }, set: { GLPostOpt: "S" } };
  await site.admin("POST", "/rows", setup);

  expect(await askUntil("post-in-detail")).toMatchObject({
    answer: "no",
    detail: saying("GLPostOpt D of IN"),
  });
});

test.each([
  ["apply-later", { releaseNow: false }, {}, "it needs a release by the hub"],
  ["prepayment-exempt", {}, { autoApplyCustomerId: "" }, "--auto-apply-customer"],
  ["prepayment-exempt", {}, { autoApplyCustomerId: "C300" }, "no customer C300 with AutoApply on"],
  ["foreign-currency", {}, { foreignCurrency: "" }, "--foreign-currency"],
  ["supplied-rate", { foreignCurrencyOfCustomer: false }, {}, "it needs a foreign document"],
  ["keep-keys", {}, { customerId: "NOBODY" }, "it needs a test IN"],
])("%s is no answer where it cannot be asked", async (name, switches, changes, words) => {
  await site.admin("POST", "/switches", switches);

  expect(await askUntil(name, changes)).toEqual({ answer: "cannot", detail: saying(words) });
});

test("of an unknown customer no question about documents is answered", async () => {
  const { findings } = await askAll({ customerId: "NOBODY" });

  const answered = Object.entries(findings).filter(([, { answer }]) => answer !== "cannot");
  expect(answered.map(([name, { answer }]) => `${name}: ${answer}`)).toEqual([
    "find-by-key: yes",
    "reserve-invoice: yes",
    "reserve-payment: yes",
    "reserve-journal: yes",
    "list-batches: yes",
    "keep-journal: yes",
    "release-journal: yes",
    "prepayment-exempt: yes",
  ]);
});

test.each([
  ["supplied-tax", { contains: "NYTAX" }, "Message 8013: Terms 30 not found"],
  ["reserve-journal", { operation: "editBatch" }, "Period 202603 is closed"],
  ["reserve-invoice", { operation: "editBatch" }, "You do not have access rights to this screen"],
  ["list-batches", { operation: "getBatches" }, "Customer C300 is on hold"],
])("%s takes no refusal of another matter for an answer", async (name, match, words) => {
  const session = site.connector.openProbes(SETTINGS);
  const probe = session.probes.find((one) => one.name === name);
  await site.fault(match, { kind: "refuse", message: words });

  expect(await probe?.run()).toEqual({ answer: "cannot", detail: saying(words) });
});

test("currencies are not asked of an SL without multi-currency", async () => {
  const setup = (await rows("GLSetup"))[0];
  const where = { SetupId: setup?.SetupId };
  await site.admin("POST", "/rows", { table: "GLSetup", where, set: { MCActive: 0 } });

  expect(await askUntil("supplied-rate")).toMatchObject({
    answer: "cannot",
    detail: saying("MCActive"),
  });
});

test("a test batch that SL suspends is no answer about releasing", async () => {
  const { findings, left } = await askAll({ receivable: account("") });

  expect(findings["release-invoice"]).toMatchObject({
    answer: "cannot",
    detail: saying("suspended the test batch"),
  });
  expect(left.some((text) => /^held: IN \d+/.test(text))).toBe(true);
});

test("no answer at all is thrown, not stored", async () => {
  await site.fault({ operation: "editBatch" }, { kind: "deadlock" });
  const session = site.connector.openProbes(SETTINGS);
  const probe = session.probes.find(({ name }) => name === "reserve-invoice");

  await expect(probe?.run()).rejects.toMatchObject({ code: "erp.busy" });
});
