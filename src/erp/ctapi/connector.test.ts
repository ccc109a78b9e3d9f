import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareBatch } from "../compare.ts";
import { aLine, anInvoice, aPayment, headOf, usd } from "../testing/contract-drafts.ts";
import type { CallReport, ExchangeReport } from "./index.ts";
import { type SandboxSite, startSandboxSite } from "./testing/sandbox-site.ts";

let site: SandboxSite;
let calls: CallReport[];
let exchanges: ExchangeReport[];

beforeEach(async () => {
  calls = [];
  exchanges = [];
  site = await startSandboxSite({
    onCall: (report) => calls.push(report),
    onExchange: (report) => exchanges.push(report),
  });
});

afterEach(() => site.close());

const fails = (code: string): unknown => expect.objectContaining({ name: "HubError", code });
const callNames = () => calls.map(({ operation, actionType }) => actionType ?? operation).sort();

describe("the calls of a document", () => {
  test("are one to reserve, one to fill, two to read and one to release", async () => {
    const erp = site.connector;
    await erp.reserve(headOf(anInvoice(1)));
    calls.length = 0;

    const draft = anInvoice(2);
    const { batNbr } = await erp.reserve(headOf(draft));
    await erp.fill(batNbr, draft);
    await erp.readBatch("invoice", batNbr);
    await erp.release("invoice", batNbr);

    expect(callNames()).toEqual([
      "ADD",
      "RELEASENOW",
      "UPDATE",
      "getARDocsByBatNbrAndRefNbr",
      "getScreenByBatNbr",
    ]);
    expect(calls.every(({ ms, outcome }) => ms > 0 && outcome === "ok")).toBe(true);
  });

  test("are the same for a payment", async () => {
    const erp = site.connector;
    await erp.reserve(headOf(aPayment(1, [])));
    calls.length = 0;

    const draft = aPayment(2, []);
    const { batNbr } = await erp.reserve(headOf(draft));
    await erp.fill(batNbr, draft);
    await erp.readBatch("payment", batNbr);
    await erp.release("payment", batNbr);

    expect(calls).toHaveLength(5);
  });

  test("read before a release that nobody's reading went before", async () => {
    const erp = site.connector;
    const draft = anInvoice(1);
    const { batNbr } = await erp.reserve(headOf(draft));
    await erp.fill(batNbr, draft);
    calls.length = 0;

    await erp.release("invoice", batNbr);

    expect(callNames()).toEqual(["RELEASENOW", "getScreenByBatNbr"]);
  });

  test("write nothing for a batch that reads as released", async () => {
    const erp = site.connector;
    const draft = anInvoice(1);
    const { batNbr } = await erp.reserve(headOf(draft));
    await erp.fill(batNbr, draft);
    await erp.release("invoice", batNbr);
    calls.length = 0;

    await erp.release("invoice", batNbr);

    expect(callNames()).toEqual(["getScreenByBatNbr"]);
  });

  test("are reported with their XML and without credentials", async () => {
    await site.connector.reserve(headOf(anInvoice(1)));

    const text = JSON.stringify(exchanges);
    const calls = (await site.admin("GET", "/calls")) as object;

    expect(exchanges.map(({ operation }) => operation)).toEqual(["editBatch"]);
    expect(text).toContain("<User2>");
    expect(text).not.toContain("siteKey");
    expect(JSON.stringify(calls)).toContain("editBatch");
  });
});

describe("what is known of a site", () => {
  test("is looked for again by each check, since views may be installed", async () => {
    const erp = site.connector;
    await site.admin("POST", "/switches", { viewsInstalled: false });
    await erp.check();
    const before = erp.capabilities["find-by-key"];

    await site.admin("POST", "/switches", { viewsInstalled: true });
    await erp.check();

    expect([before, erp.capabilities["find-by-key"]]).toEqual(["no", "yes"]);
    expect(erp.sourceOf("find-by-key")).toBe("server");
  });

  test("follows settings before probes before what contracts say", () => {
    const erp = site.connect({ capabilities: { append: "no" } });

    erp.learn({ append: "yes", "release-invoice": "no", "find-by-key": "yes" });

    const names = ["append", "release-invoice", "release-payment", "find-by-key"] as const;
    expect(names.map((name) => [erp.capabilities[name], erp.sourceOf(name)])).toEqual([
      ["no", "settings"],
      ["no", "probe"],
      ["yes", "contract"],
      ["probe", "unknown"],
    ]);
  });

  test("is forgotten when an answer is no longer stored", () => {
    const erp = site.connector;
    erp.learn({ "reserve-invoice": "no" });

    erp.learn({});

    expect(erp.capabilities["reserve-invoice"]).toBe("probe");
  });
});

test("a send that got no answer is reported with its request alone", async () => {
  await site.connector.reserve(headOf(anInvoice(1)));
  exchanges.length = 0;
  await site.fault({ operation: "editBatch" }, { kind: "drop", commit: "never" });

  await expect(site.connector.reserve(headOf(anInvoice(2)))).rejects.toThrow();

  expect(exchanges).toEqual([
    expect.objectContaining({ operation: "editBatch", answer: undefined }),
  ]);
  expect(exchanges[0]?.request).toMatch(/^<editBatch xmlns="[^"]+"><actionType>ADD</);
});

test("a server that drifts by float noise and does not pad gives equal readings", async () => {
  await site.admin("POST", "/switches", { floatNoise: true, padded: false });
  const erp = site.connector;
  const lines = [
    aLine(30, "", "4020"),
    aLine(10_010, "", "4020"),
    aLine(1_999_999_999, "", "4050"),
  ];
  const draft = anInvoice(1, { lines });
  const { batNbr } = await erp.reserve(headOf(draft));
  await erp.fill(batNbr, draft);
  const held = await erp.readBatch("invoice", batNbr);

  await erp.release("invoice", batNbr);

  expect(held && compareBatch(draft, held)).toEqual([]);
  expect((await erp.readBatch("invoice", batNbr))?.documents).toMatchObject([
    { amount: usd(2_000_010_039), balance: usd(2_000_010_039), isReleased: true },
  ]);
});

test("a voided batch reads as voided and not as released", async () => {
  const erp = site.connector;
  const draft = anInvoice(1);
  const { batNbr } = await erp.reserve(headOf(draft));
  await erp.fill(batNbr, draft);

  await site.admin("POST", `/batches/AR/${batNbr}/void`, {});

  expect(await erp.readBatch("invoice", batNbr)).toMatchObject({
    state: "voided",
    isReleased: false,
  });
});

test("a posted batch reads as released", async () => {
  const erp = site.connector;
  const draft = anInvoice(1);
  const { batNbr } = await erp.reserve(headOf(draft));
  await erp.fill(batNbr, draft);
  await erp.release("invoice", batNbr);
  await site.admin("POST", "/periods", { ledger: "202603" });

  await site.admin("POST", `/batches/AR/${batNbr}/post`, {});

  expect(await erp.readBatch("invoice", batNbr)).toMatchObject({
    state: "posted",
    isReleased: true,
  });
});

test("a batch of the other screen is not there", async () => {
  const { batNbr } = await site.connector.reserve(headOf(aPayment(1, [])));

  expect(await site.connector.readBatch("invoice", batNbr)).toBeUndefined();
});

describe("what a site can do", () => {
  test("is completed by the check, which tells what the site is", async () => {
    const erp = site.connector;
    expect(erp.capabilities["find-by-key"]).toBe("probe");

    const health = await erp.check();

    expect(health).toMatchObject({ companyId: "0060", baseCurrency: "USD" });
    expect(health.version).not.toBe("");
    expect(erp.capabilities).toMatchObject({
      "find-by-key": "yes",
      "find-customer-by-key": "yes",
      "setup-values": "yes",
      "void-batch": "no",
    });
  });

  test("keeps the answers that are given by the settings", async () => {
    const erp = site.connect({ capabilities: { "find-by-key": "no", "reserve-invoice": "yes" } });

    await erp.check();

    expect(erp.capabilities).toMatchObject({ "find-by-key": "no", "reserve-invoice": "yes" });
  });
});

describe("set-up", () => {
  test("the fiscal calendar and the open periods come from the set-up view", async () => {
    await site.admin("POST", "/periods", { receivables: "202603", ledger: "202602" });

    expect(await site.connector.readCalendar()).toMatchObject({
      periods: 12,
      periodEnds: expect.arrayContaining(["0131", "1231"]) as unknown,
      namedAfterStart: true,
      firstOpenReceivables: "202603",
      firstOpenLedger: "202602",
    });
  });

  test("without the view calendar and ledger are the settings', AR the contract's", async () => {
    const calendar = {
      periods: 1,
      periodEnds: ["1231"],
      namedAfterStart: true,
      firstOpenLedger: "202602",
    };
    const capabilities = { "setup-values": "no" } as const;

    const erp = site.connect({ capabilities, calendar });

    expect(await erp.readCalendar()).toEqual({
      ...calendar,
      firstOpenReceivables: "202601",
    });
    expect(await erp.readCurrentPeriod()).toMatch(/^\d{6}$/);
    await expect(site.connect({ capabilities }).readCalendar()).rejects.toEqual(
      fails("erp.contract"),
    );
  });

  test("terms tell their days and whether they are paid in instalments", async () => {
    const erp = site.connector;

    expect(await erp.readTerms("30")).toEqual({ termsId: "30", dueDays: 30, isInstalment: false });
    expect(await erp.readTerms("M3")).toMatchObject({ isInstalment: true });
    expect(await erp.readTerms("3")).toBeUndefined();
    expect(await erp.readTerms("")).toBeUndefined();
  });

  test("a customer class is known by its whole id only", async () => {
    const found = await Promise.all(
      ["RETAIL", "retail", "RET", ""].map((id) => site.connector.hasCustomerClass(id)),
    );

    expect(found).toEqual([true, true, false, false]);
  });

  test("items tell their account, whether they are stocked and active", async () => {
    const erp = site.connector;

    expect(await erp.readInventory("consult")).toEqual({
      itemId: "CONSULT",
      description: "Consulting hour",
      isStock: false,
      isActive: true,
      sales: { account: "4020", subaccount: "000000000000" },
    });
    expect(await erp.readInventory("WIDGET")).toMatchObject({ isStock: true });
    expect(await erp.readInventory("OLDITEM")).toMatchObject({ isActive: false });
    expect(await erp.readInventory("NONE")).toBeUndefined();
  });

  test("currencies tell their decimals", async () => {
    const decimals = await Promise.all(
      ["USD", "JPY", "KWD", "XXX"].map((code) => site.connector.readCurrencyDecimals(code)),
    );

    expect(decimals).toEqual([2, 0, 3, undefined]);
  });

  test("currencies tell where SL books what applications gain and lose", async () => {
    const subaccount = "000000000000";

    expect(await site.connector.readExchangeAccounts("EUR")).toEqual({
      gain: { account: "6910", subaccount },
      loss: { account: "6920", subaccount },
    });
    expect(await site.connector.readExchangeAccounts("XXX")).toBeUndefined();
  });

  test("accounts that are unknown, inactive or half given are missing", async () => {
    const sub = "000000000000";
    const there = { account: "1095", subaccount: sub };
    const wanted = [
      there,
      { account: "109", subaccount: sub },
      { account: "1299", subaccount: sub },
      { account: "1095", subaccount: "990000000000" },
      { account: "1095", subaccount: "" },
    ];

    expect(await site.connector.missingAccounts(wanted)).toEqual(wanted.slice(1));
  });
});
