import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { toDecimal } from "../../base/money.ts";
import { type DocumentDraft, screenOf } from "../../erp/port.ts";
import { anInvoice, aPayment, keyOf, usd } from "../../erp/testing/contract-drafts.ts";
import {
  HORIZON_MS,
  openWriteBench,
  PERSON_WAIT_MAX_MS,
  type WriteBench,
} from "../testing/write-bench.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "../write/door.ts";
import { listPersonWaits } from "../write/person-wait.ts";
import { applyLater, type ToApply } from "./apply.ts";

const saying = (words: string | RegExp): unknown => expect.stringMatching(words);

let bench: WriteBench;
/** The numbers of this test's invoice of 100.00 and payment of 100.00, both released. */
let invoice: string;
let payment: string;
let drafts = 100;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

beforeEach(async () => {
  await bench.next();
  await bench.site.admin("POST", "/switches", { applyReleased: true, viewsInstalled: true });
  bench.site.connector.learn({});
  invoice = await released(anInvoice(0));
  payment = await released(aPayment(0, []));
});

const RESERVE = { service: "paymentApplication", operation: "editScreen", actionType: "ADD" };
const FILL = { service: "paymentApplication", operation: "editScreen", actionType: "UPDATE" };
const RELEASE = {
  service: "paymentApplication",
  operation: "editScreen",
  actionType: "RELEASENOW",
};
const AT_ONCE = { service: "paymentApplication", operation: "applyPayment" };
const OPEN = { code: "erp.outcome_open" };

/** Books a document past the hub, with a key and a number of its own. */
async function released(draft: DocumentDraft): Promise<string> {
  const batNbr = await held(draft);
  const { connector } = bench.site;
  await connector.release(screenOf(draft), batNbr);
  const reading = await connector.readBatch(screenOf(draft), batNbr);
  return reading?.documents[0]?.refNbr ?? "";
}

async function held(draft: DocumentDraft): Promise<string> {
  drafts += 1;
  const own = draft.kind === "payment" ? { refNbr: `P${drafts}` } : {};
  const { batNbr } = await bench.site.connector.add({
    ...draft,
    ...own,
    key: keyOf(drafts),
  } as DocumentDraft);
  return batNbr;
}

/** Holds a batch of somebody else that applies a released payment. */
async function othersApply(minor: number, refNbr = payment): Promise<string> {
  const target = { type: "IN", refNbr: invoice } as const;
  return held({
    ...wanted(minor),
    kind: "application",
    key: "",
    customerId: "C300",
    currency: "USD",
    documentDate: "2026-03-11",
    period: "202603",
    payer: { type: "PA", refNbr },
    applications: [{ ...target, amount: usd(minor), receivable: { account: "", subaccount: "" } }],
    isAtOnce: false,
    before: { payer: usd(0), target: usd(0), between: usd(0) },
  });
}

function wanted(minor: number): ToApply {
  return {
    object: `ch_apply_${bench.nr()}`,
    part: invoice,
    stripeId: `ch_apply_${bench.nr()}`,
    payer: { type: "PA", customerId: "C300", refNbr: payment },
    target: { type: "IN", refNbr: invoice },
    amount: usd(minor),
    firstOpenPeriod: "202601",
    mayReleaseAtOnce: true,
  };
}

async function apply(minor = 4_000, change: Partial<Door> = {}) {
  const door = { ...(await bench.aWorker()), ...change };
  const toApply = wanted(minor);
  await door.store.load([toApply.object]);
  return applyLater(door, toApply);
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

/** What SL has open of the payment and of the invoice. */
async function open(): Promise<readonly [payment: string, invoice: string]> {
  const { connector } = bench.site;
  const [paid, owed] = [
    await connector.readReleased("PA", "C300", payment),
    await connector.readReleased("IN", "C300", invoice),
  ];
  return [toDecimal(paid?.balance ?? usd(0)), toDecimal(owed?.balance ?? usd(0))];
}

/** The status of every batch that this test's applications carry. */
async function batches(): Promise<string[]> {
  const rows = (await bench.site.admin("GET", "/rows?table=Batch")) as {
    User1: string;
    Status: string;
  }[];
  return rows
    .filter(({ User1 }) => User1.trim() === `ch_apply_${bench.nr()}`)
    .map(({ Status }) => Status);
}

test("a released payment is applied in a batch of its own that ends completed", async () => {
  const applied = await apply();

  expect(applied.amount).toEqual(usd(4_000));
  expect(await open()).toEqual(["60.00", "60.00"]);
  expect(await batches()).toEqual(["C"]);
});

test("an application that is done is not made again", async () => {
  const first = await apply();

  const second = await apply();

  expect(second).toEqual(first);
  expect(await open()).toEqual(["60.00", "60.00"]);
});

test.each([
  ["the reservation", RESERVE, ["H", "C"]],
  ["the fill", FILL, ["C"]],
  ["the release", RELEASE, ["C"]],
] as const)("%s that took effect without an answer leaves one application", async (...row) => {
  const [, call, statuses] = row;
  await bench.site.fault(call, { kind: "drop", commit: "first" });
  await expect(apply()).rejects.toMatchObject(OPEN);
  await bench.letPass(6_000);

  const applied = await apply();

  expect(applied.amount).toEqual(usd(4_000));
  expect(await open()).toEqual(["60.00", "60.00"]);
  expect((await batches()).sort().reverse()).toEqual(statuses);
});

test.each([
  ["the reservation", RESERVE],
  ["the fill", FILL],
  ["the release", RELEASE],
])("%s that was lost before its effect leaves one application", async (_name, call) => {
  await bench.site.fault(call, { kind: "drop", commit: "never" });
  await expect(apply()).rejects.toMatchObject(OPEN);
  await failure(apply());
  await bench.letPass(HORIZON_MS);

  const applied = await apply();

  expect(applied.amount).toEqual(usd(4_000));
  expect(await open()).toEqual(["60.00", "60.00"]);
});

test("a fill that commits after the horizon finds its batch released", async () => {
  await bench.site.fault(FILL, { kind: "drop", commit: "later", afterMs: 400_000 });
  await expect(apply()).rejects.toMatchObject(OPEN);
  await bench.letPass(HORIZON_MS);
  await apply();

  await bench.site.admin("POST", "/clock", { action: "advance", ms: 400_000 });

  expect(await open()).toEqual(["60.00", "60.00"]);
});

test("never more is applied than the invoice has open", async () => {
  await bench.site.connector.release("payment", await othersApply(7_000));
  payment = await released(aPayment(0, []));

  const applied = await apply(10_000);

  expect(applied.amount).toEqual(usd(3_000));
  expect(await open()).toEqual(["70.00", "0.00"]);
});

test("what somebody else has applied of it counts as done", async () => {
  await bench.site.connector.release("payment", await othersApply(3_000));

  const applied = await apply(4_000);

  expect(applied.amount).toEqual(usd(1_000));
  expect(await open()).toEqual(["60.00", "60.00"]);
});

test("without the view of applications no more is applied than others may have left", async () => {
  await bench.site.connector.release("payment", await othersApply(3_000));
  const blind = bench.site.connect({ capabilities: { "find-applications": "no" } });

  const applied = await apply(4_000, { erp: blind });

  expect(applied.amount).toEqual(usd(1_000));
});

test("an application that others have made whole is accepted as a fact", async () => {
  await bench.site.connector.release("payment", await othersApply(4_000));

  const applied = await apply(4_000);

  expect(applied).toEqual({ amount: usd(0), batNbr: "" });
  expect(await batches()).toEqual(["C"]);
});

test("a pending application of others is waited for, told, and not added to", async () => {
  const batNbr = await othersApply(10_000);

  const waiting = await failure(apply(4_000));
  const listed = await listPersonWaits(bench.pool);
  await bench.letPass(PERSON_WAIT_MAX_MS);
  const parked = await failure(apply(4_000));
  await bench.site.admin("POST", `/batches/AR/${batNbr}/void`, {});
  const applied = await apply(4_000);

  const object = `ch_apply_${bench.nr()}`;
  expect(waiting).toBeInstanceOf(Waiting);
  expect(waiting).toMatchObject({ waitsFor: saying(`batch ${batNbr}, on hold .* ${payment}`) });
  expect(listed).toMatchObject([{ object, batNbr, toDo: saying("Release or void") }]);
  expect(parked).toMatchObject({ code: "erp.release_by_hand", facts: { batNbr } });
  expect(applied.amount).toEqual(usd(4_000));
});

test("a balance that moves before the fill is planned anew", async () => {
  const { connector } = bench.site;
  const other = await released(aPayment(0, []));
  const fill: typeof connector.fill = async (batNbr, draft, signal) => {
    if (draft.kind === "application" && toDecimal(draft.before.target) === "100.00") {
      await connector.release("payment", await othersApply(8_000, other));
    }
    return connector.fill(batNbr, draft, signal);
  };

  const applied = await apply(10_000, { erp: { ...connector, fill } as never });

  expect(applied.amount).toEqual(usd(2_000));
  expect(await open()).toEqual(["80.00", "0.00"]);
});

test("a hub that lost its database takes over what it had applied", async () => {
  await apply();
  await forget();

  const applied = await apply();

  expect(applied.amount).toEqual(usd(0));
  expect(await open()).toEqual(["60.00", "60.00"]);
});

test("a hub that lost its database goes on with the batch that it had filled", async () => {
  await bench.site.fault(RELEASE, { kind: "deadlock" });
  await expect(apply()).rejects.toMatchObject({ code: "erp.busy" });
  await forget();

  await apply();

  expect(await open()).toEqual(["60.00", "60.00"]);
  expect(await batches()).toEqual(["C"]);
});

/** The database is put back to before this application. */
async function forget(): Promise<void> {
  for (const table of ["receipt", "link", "attempt", "person_wait", "intent"]) {
    await bench.pool.query(`delete from ${table}`);
  }
}

test("a voided batch makes room for the next generation", async () => {
  await bench.site.fault(RELEASE, { kind: "deadlock" });
  await expect(apply()).rejects.toMatchObject({ code: "erp.busy" });
  const { connector } = bench.site;
  const keeping = (await connector.readReleased("PA", "C300", payment))?.applyingBatNbr ?? "";

  await bench.site.admin("POST", `/batches/AR/${keeping}/void`, {});
  const applied = await apply();

  expect(applied.amount).toEqual(usd(4_000));
  expect((await batches()).sort()).toEqual(["C", "V"]);
});

test("where 08.030 takes no released payment one call applies it", async () => {
  await bench.site.admin("POST", "/switches", { applyReleased: false });
  bench.site.connector.learn({ "apply-later": "no" });

  const applied = await apply();

  expect(applied.amount).toEqual(usd(4_000));
  expect(await open()).toEqual(["60.00", "60.00"]);
});

test.each([
  ["first", 1],
  ["never", 2],
])("a lost answer of that call (committed %s) leaves one application", async (commit, sends) => {
  bench.site.connector.learn({ "apply-later": "no" });
  await bench.site.fault(AT_ONCE, { kind: "drop", commit });
  await expect(apply()).rejects.toMatchObject(OPEN);
  await failure(apply());
  await bench.letPass(HORIZON_MS);

  await apply();

  const attempts = await bench.pool.query(
    "select 1 from attempt a join intent i using (pair, key) where i.object = $1",
    [`ch_apply_${bench.nr()}`],
  );
  expect(attempts.rows).toHaveLength(sends);
  expect(await open()).toEqual(["60.00", "60.00"]);
});

test("without the view a lost answer of that call is settled by the balances", async () => {
  const blind = bench.site.connect({
    capabilities: { "apply-later": "no", "find-applications": "no" },
  });
  await bench.site.fault(AT_ONCE, { kind: "drop", commit: "first" });
  await expect(apply(4_000, { erp: blind })).rejects.toMatchObject(OPEN);

  const applied = await apply(4_000, { erp: blind });

  expect(applied.amount).toEqual(usd(4_000));
  expect(await open()).toEqual(["60.00", "60.00"]);
});

test("a number that the customer has twice is applied by a person", async () => {
  bench.site.connector.learn({ "apply-later": "no" });
  await released({ ...aPayment(0, []), kind: "payment" });
  const { connector } = bench.site;
  const listReleased: typeof connector.listReleased = (...of) =>
    connector.listReleased(...of).then((found) => [...found, ...found]);
  const change = { erp: { ...connector, listReleased } as never };

  const waiting = await failure(apply(4_000, change));
  await bench.letPass(PERSON_WAIT_MAX_MS);
  const parked = await failure(apply(4_000, change));
  await bench.site.connector.release("payment", await othersApply(4_000));
  const applied = await apply(4_000);

  expect(waiting).toBeInstanceOf(Waiting);
  expect(waiting).toMatchObject({
    waitsFor: saying(`an application in .*: 40.00 USD of PA ${payment} to IN ${invoice}`),
  });
  expect(parked).toMatchObject({ code: "erp.apply_by_hand", cure: saying("^Apply 40.00 USD") });
  expect(applied.amount).toEqual(usd(0));
});

test("a batch that somebody changed before its release is a conflict", async () => {
  await bench.site.fault(RELEASE, { kind: "deadlock" });
  await expect(apply()).rejects.toMatchObject({ code: "erp.busy" });
  const { connector } = bench.site;
  const keeping = (await connector.readReleased("PA", "C300", payment))?.applyingBatNbr ?? "";
  const row = await draftInSl();
  await connector.fill(keeping, { ...row, applications: [{ ...line(row), amount: usd(9_000) }] });

  const held = await failure(apply());
  await connector.release("payment", keeping);
  const released = await failure(apply());

  expect(held).toMatchObject({ code: "conflict.batch_content" });
  expect(released).toMatchObject({ code: "conflict.batch_content" });
});

async function draftInSl() {
  const door = await bench.aWorker();
  const object = `ch_apply_${bench.nr()}`;
  await door.store.load([object]);
  const intent = door.store.find({ object, purpose: "apply", part: invoice });
  return intent?.draft as Extract<DocumentDraft, { kind: "application" }>;
}

function line(draft: Extract<DocumentDraft, { kind: "application" }>) {
  const [first] = draft.applications;
  if (first === undefined) throw new Error("the draft applies nothing");
  return first;
}
