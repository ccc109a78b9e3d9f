import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { aLine } from "../../erp/testing/contract-drafts.ts";
import { openWriteBench, PERSON_WAIT_MAX_MS, type WriteBench } from "../testing/write-bench.ts";
import { Waiting } from "../waiting.ts";
import { LATE_LOOK_MS, LOOKS, listPersonWaits, nextLookMs } from "./person-wait.ts";

const saying = (words: string | RegExp): unknown => expect.stringMatching(words);

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

beforeEach(async () => {
  await bench.next();
  bench.site.connector.learn({});
});

/** A look of the run at this test's invoice, as a worker whose pair leaves release to people. */
async function look() {
  return bench.book(await bench.aWorker({ releasedBy: "person" }));
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

async function batchInSl(): Promise<string> {
  return (await bench.invoicesInSl())[0]?.BatNbr.trim() ?? "";
}

const inSl = async (action: "release" | "void", batNbr: string) =>
  bench.site.admin("POST", `/batches/AR/${batNbr}/${action}`, {});

async function waits() {
  const all = await listPersonWaits(bench.pool);
  return all.filter(({ object }) => object === `in_effect_${bench.nr()}`);
}

test("a batch is filled, compared and left for a person to release", async () => {
  const waiting = await failure(look());

  const batNbr = await batchInSl();
  expect(waiting).toBeInstanceOf(Waiting);
  expect(waiting).toMatchObject({
    waitsFor: saying(`batch ${batNbr}, on hold \\(H\\), to be released in Invoice and Memo`),
    dueInMs: 60_000,
  });
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 0 }]);
});

test("what waits is listed with batch, screen, age and what to do", async () => {
  await failure(look());
  await bench.letPass(2 * 60 * 60_000);
  await failure(look());

  const [wait] = await waits();

  expect(wait).toMatchObject({
    kind: "release",
    screen: "Invoice and Memo (08.010)",
    batNbr: await batchInSl(),
    batchState: "on hold (H)",
    looks: 2,
    what: saying(/^invoice of 100.00 USD for in_effect_\d+ \(customer C300\)$/),
    toDo: saying("^Release batch"),
  });
  expect(wait?.ageMs).toBeGreaterThan(2 * 60 * 60_000 - 1_000);
});

test("a release by a person is seen and gives the receipt", async () => {
  await failure(look());
  await inSl("release", await batchInSl());

  const done = await look();

  expect(done).toMatchObject({ stage: "done", receipt: { type: "IN" } });
  expect(done.attempts.map(({ step }) => step)).toEqual(["reserve", "fill"]);
  expect(await waits()).toEqual([]);
});

test("a batch that fails its release by a person parks as suspended", async () => {
  await failure(look());
  const batNbr = await batchInSl();
  await bench.site.admin("POST", "/periods", { receivables: "202604" });
  await inSl("release", batNbr).catch(() => undefined);
  await bench.site.admin("POST", "/periods", { receivables: "202601" });

  const parked = await failure(look());

  expect(parked).toMatchObject({
    code: "erp.batch_suspended",
    message: saying(`batch ${batNbr} as suspended \\(S\\)`),
    cure: saying(`release batch ${batNbr} again or void it`),
  });
});

test("a batch that a person voids makes room for the next generation", async () => {
  await failure(look());
  await inSl("void", await batchInSl());

  const given = await look();
  await failure(look());
  const [held] = await bench.invoicesInSl().then((rows) => rows.filter((row) => row.Rlsed === 0));
  await inSl("release", held?.BatNbr.trim() ?? "");
  const done = await look();

  expect(given.stage).toBe("abandoned");
  expect(done).toMatchObject({ stage: "done", identity: { generation: 1 } });
});

test("a batch that a person has changed is a conflict, before and after its release", async () => {
  await failure(look());
  const batNbr = await batchInSl();
  const { connector } = bench.site;
  const reading = await connector.readBatch("invoice", batNbr);
  const held = reading?.documents[0];
  const door = await bench.aWorker();
  const object = `in_effect_${bench.nr()}`;
  await door.store.load([object]);
  const draft = door.store.find({ object, purpose: "invoice", part: "" })?.draft;
  const other = { ...(draft as object), lines: [aLine(10_000, "", "4050")] };
  await connector.fill(batNbr, other as never);

  const unreleased = await failure(look());
  await inSl("release", batNbr);
  const released = await failure(look());

  expect(held?.lines).toHaveLength(2);
  expect(unreleased).toMatchObject({ code: "conflict.batch_content" });
  expect(released).toMatchObject({ code: "conflict.batch_content" });
});

test("a wait beyond its bound parks with the cure and still sees the release", async () => {
  await failure(look());
  const batNbr = await batchInSl();
  await bench.letPass(PERSON_WAIT_MAX_MS);

  const parked = await failure(look());
  await inSl("release", batNbr);
  const done = await look();

  expect(parked).toMatchObject({
    code: "erp.release_by_hand",
    cure: `Release batch ${batNbr} in Invoice and Memo (08.010); the hub sees it and goes on.`,
  });
  expect(done.stage).toBe("done");
});

test("a site that lets no hub release is waited for likewise", async () => {
  bench.site.connector.learn({ "release-invoice": "no" });

  const waiting = await failure(bench.book(await bench.aWorker()));
  await inSl("release", await batchInSl());
  const done = await bench.book(await bench.aWorker());

  expect(waiting).toBeInstanceOf(Waiting);
  expect(done.stage).toBe("done");
});

test("a release that SL answers well and never carries out is left to a person", async () => {
  let releases = 0;
  const lookInVain = async () => {
    await bench.letPass(60_000);
    const worker = await bench.aWorker();
    const { capabilities } = worker.erp;
    const release = async () => {
      releases += 1;
    };
    return failure(bench.book({ ...worker, erp: { ...worker.erp, capabilities, release } }));
  };

  for (let nr = 1; nr <= 6; nr += 1) await lookInVain();
  const [wait] = await waits();
  const batNbr = await batchInSl();
  await bench.letPass(PERSON_WAIT_MAX_MS);
  const parked = await lookInVain();
  await inSl("release", batNbr);
  const done = await bench.book(await bench.aWorker());

  expect(releases).toBe(3);
  expect(wait).toMatchObject({ kind: "release", batNbr, batchState: "on hold (H)" });
  expect(parked).toMatchObject({ code: "erp.release_by_hand" });
  expect(done.stage).toBe("done");
});

test.each([
  ["reserve", { actionType: "ADD", operation: "editBatch" }],
  ["fill", { actionType: "UPDATE", operation: "editScreen" }],
])("a lost answer to the %s leaves one batch to release", async (_step, match) => {
  await bench.site.fault(
    { service: "invoiceAndMemo", ...match },
    { kind: "drop", commit: "first" },
  );
  await expect(look()).rejects.toMatchObject({ code: "erp.outcome_open" });

  await failure(look());
  await inSl("release", await batchInSl());
  const done = await look();

  expect(done.stage).toBe("done");
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("looks grow rarer with the age of the wait and never end", () => {
  const ages = [0, 10 * 60_000, 60 * 60_000, 8 * 60 * 60_000, 30 * 24 * 60 * 60_000];

  const looks = ages.map(nextLookMs);

  expect(looks).toEqual([...LOOKS.map(({ everyMs }) => everyMs), LATE_LOOK_MS, LATE_LOOK_MS]);
  expect(looks).toEqual([...looks].sort((a, b) => a - b));
});
