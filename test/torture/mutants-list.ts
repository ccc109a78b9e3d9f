import { AFTERMATH_MUTANTS } from "./mutants-of-aftermath.ts";
import { ORDER_MUTANTS, RETURN_MUTANTS } from "./mutants-of-orders.ts";
import { SUMMARY_MUTANTS } from "./mutants-of-summary.ts";

/** One change of text in the hub's code; it must match exactly once. */
export type Patch = Readonly<{ file: string; find: string; replace: string }>;

/** A guard of the hub, broken on purpose. */
export type Mutant = Readonly<{
  name: string;
  breaks: string;
  /** Only runs of this mode can find it. */
  mode?: "sales-order" | "returns" | "aftermath" | "summary";
  patches: readonly Patch[];
}>;

const EFFECT = "src/runs/write/effect.ts";
const OPEN_OUTCOME = "src/runs/write/open-outcome.ts";
const COMPARE = "src/erp/compare.ts";
const LANE = "src/lanes/lane.ts";
const STORE = "src/runs/write/intent-store.ts";
const INTENT_SQL = "src/runs/write/intent-sql.ts";

/** Every one of them must be found by the campaign. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "no-look-up",
    breaks: "after a restore SL is looked up by key before anything is written",
    patches: [
      {
        file: "src/runs/write/adopt.ts",
        find: "if (!door.mustLookUp || !door.noteLookUp(intent)) return undefined;",
        replace: "if (door.mustLookUp || !door.mustLookUp) return undefined;",
      },
    ],
  },
  {
    name: "resubmit-at-once",
    breaks: "an open outcome is looked up before anything is sent again",
    patches: [
      {
        file: EFFECT,
        find: "return settleFill(door, intent);",
        replace: 'return closeUnsent(door, intent, "reserved");',
      },
    ],
  },
  {
    name: "no-horizon",
    breaks: "a call without an answer may take effect until the outcome horizon has passed",
    patches: [
      {
        file: OPEN_OUTCOME,
        find: "if (ageMs >= door.horizonMs) return Promise.resolve();",
        replace: "if (ageMs >= 0) return Promise.resolve();",
      },
    ],
  },
  {
    name: "horizon-from-creation",
    breaks: "the horizon counts from the send, not from the making of the intent",
    patches: [
      {
        file: INTENT_SQL,
        find: "clock_timestamp() - a.sent_at",
        replace: "clock_timestamp() - i.created_at",
      },
    ],
  },
  {
    name: "seen-is-done",
    breaks: "a lane that was begun before is begun again",
    patches: [
      {
        file: "src/runs/run-lane.ts",
        find: "const reading = await pair.stripe.readLane(lane.key, run.signal);",
        replace: `if (lane.attempt > 1) return done("not_applicable", "seen before");
  const reading = await pair.stripe.readLane(lane.key, run.signal);`,
      },
    ],
  },
  {
    name: "order-by-created",
    breaks: "an event that is no newer than another one is worked all the same",
    patches: [
      {
        file: "src/runs/run-lane.ts",
        find: "const reading = await pair.stripe.readLane(lane.key, run.signal);",
        replace: `const older = await deps.pool.query(
    "select from event e join event d using (pair, lane_key) where e.pair = $1 " +
      "and e.lane_key = $2 and e.end_state is null and d.end_state is not null " +
      "and d.created_at >= e.created_at",
    [lane.pair, lane.key],
  );
  if (older.rowCount !== 0) return done("not_applicable", "older than what was seen before");
  const reading = await pair.stripe.readLane(lane.key, run.signal);`,
      },
    ],
  },
  {
    name: "ended-before-booked",
    breaks: "an event ends together with what it came to",
    patches: [
      {
        file: "src/runs/run-lane.ts",
        find: "const start = await readRunStart(deps.pool, lane);",
        replace: `const start = await readRunStart(deps.pool, lane);
  await deps.pool.query(
    "update event set end_state = 'booked', end_reason = '', ended_at = clock_timestamp() " +
      "where pair = $1 and lane_key = $2 and end_state is null",
    [lane.pair, lane.key],
  );`,
      },
    ],
  },
  {
    name: "receipt-before-release",
    breaks: "the receipt is saved for what SL shows as released",
    patches: [
      {
        file: EFFECT,
        find: "const sent = await (door.inReleaseTurn ?? atOnce)(() => sendRelease(door, intent));",
        replace: `const early = await saveReceipt(door, intent, { reading, rowsFor });
  await door.erp.release(screenOf(intent.draft), batchOf(intent), door.signal);
  if (early.stage === "done") return early;
  const sent = await (door.inReleaseTurn ?? atOnce)(() => sendRelease(door, intent));`,
      },
    ],
  },
  {
    name: "no-finish-fence",
    breaks: "a worker that has lost its lane cannot end it",
    patches: [
      {
        file: LANE,
        find: `where pair = $1 and key = $2 and owner = $3 and attempt = $4::bigint
  returning`,
        replace: `where pair = $1 and key = $2 and $3::text is not null and $4::bigint is not null
  returning`,
      },
    ],
  },
  {
    name: "no-fences",
    breaks: "a worker that has lost its lane writes nothing for it",
    patches: [
      {
        file: LANE,
        find: "owner = $3 and attempt = $4::bigint for share",
        replace: "$3::text is not null and $4::bigint is not null for share",
      },
      {
        file: INTENT_SQL,
        find: "stage = $6 and exists (select 1 from fence)\n    and not exists",
        replace: "$6::text is not null and exists (select 1 from fence)\n    and not exists",
      },
    ],
  },
  {
    name: "no-read-back",
    breaks: "a batch is compared with its draft before it is released",
    patches: [
      {
        file: EFFECT,
        find: `  if (differences.length > 0) throw foreignContent(intent, reading, differences);
  if (reading.isReleased)`,
        replace: "  if (reading.isReleased)",
      },
    ],
  },
  {
    name: "documents-not-counted",
    breaks: "a batch with two documents is never released",
    patches: [
      { file: COMPARE, find: '["number of documents", "1", String(count)],', replace: "" },
      {
        file: COMPARE,
        find: "if (document === undefined || count !== 1) return differences;",
        replace: "if (document === undefined) return differences;",
      },
    ],
  },
  {
    name: "oldest-generation",
    breaks: "the newest generation of an intent counts, not the first that was made",
    patches: [{ file: INTENT_SQL, find: "i.generation desc`", replace: "i.created_at`" }],
  },
  {
    name: "same-generation",
    breaks: "what was given up is booked again under a new key",
    patches: [
      {
        file: STORE,
        find: "known.identity.generation + 1",
        replace: "known.identity.generation",
      },
    ],
  },
  {
    name: "random-customer-id",
    breaks: "a new customer's id follows from its key, and one lane at a time looks for it",
    patches: [
      {
        file: "src/mapping/customer.ts",
        find: "chosenNumber(key, numberTry, CUSTOMER_ID_WIDTH - prefix.length)",
        replace: "chosenNumber(key + Math.random(), numberTry, CUSTOMER_ID_WIDTH - prefix.length)",
      },
      {
        file: "src/runs/customers/customer-lock.ts",
        find: "if (taken.rowCount !== 1)",
        replace: "if (taken.rowCount === 999)",
      },
    ],
  },
  {
    name: "no-customer-lock",
    breaks: "one lane at a time looks for a customer",
    patches: [
      {
        file: "src/runs/customers/customer-lock.ts",
        find: "if (taken.rowCount !== 1)",
        replace: "if (taken.rowCount === 999)",
      },
    ],
  },
  {
    name: "customer-on-its-way",
    breaks: "nobody is looked for while another lane's create of that address is open",
    patches: [
      {
        file: "src/runs/customers/own-customer.ts",
        find: "if (isBeingMade) throw",
        replace: "if (isBeingMade && rows.length > 999) throw",
      },
    ],
  },
  {
    name: "application-not-capped",
    breaks: "never more is applied than the invoice has open",
    patches: [
      {
        file: "src/mapping/payment.ts",
        find: "const applied = left.minor <= balance.minor ? left : balance;",
        replace: "const applied = left.minor >= 0n ? left : balance;",
      },
    ],
  },
  {
    name: "wake-lost",
    breaks: "a lane that was woken during its run runs again",
    patches: [
      {
        file: LANE,
        find: "due_at = case when wake <> $5::bigint then clock_timestamp()",
        replace: "due_at = case when wake < $5::bigint then clock_timestamp()",
      },
    ],
  },
  {
    name: "answer-believed",
    breaks: "released is what SL shows as released, whatever the call said",
    patches: [
      {
        file: EFFECT,
        find: `  const reading = await readBatch(door, intent);
  if (reading.isReleased) return saveReceipt(door, intent, { reading, rowsFor });
  if (reading.state === "voided") return giveUp(door, intent);
  const attempt`,
        replace: `  const reading = await readBatch(door, intent);
  if (reading.documents.length > 0) return saveReceipt(door, intent, { reading, rowsFor });
  if (reading.state === "voided") return giveUp(door, intent);
  const attempt`,
      },
    ],
  },
  {
    name: "sent-late",
    breaks: "a process that stood still between claim and send does not send",
    patches: [
      {
        file: "src/runs/write/send.ts",
        find: "door.clock.monotonicMs() - claimedAtMs <= door.sendWithinMs",
        replace: "door.clock.monotonicMs() - claimedAtMs <= 1e9 * door.sendWithinMs",
      },
    ],
  },
  {
    name: "no-last-look",
    breaks: "a call that has become late on its way leaves only while its claim can be renewed",
    patches: [
      {
        file: "src/runs/write/intent-store.ts",
        find: "if (rowCount !== 1) {",
        replace: "if (rowCount === -1) {",
      },
    ],
  },
  {
    name: "amount-not-captured",
    breaks: "what was captured is booked, not what was authorised",
    patches: [
      {
        file: "src/stripe/parse-charge.ts",
        find: 'integerOf(charge, "amount_captured")',
        replace: 'integerOf(charge, "amount")',
      },
    ],
  },
  {
    name: "lag-is-a-conflict",
    breaks: "a look-up that lags behind proves nothing",
    patches: [
      {
        file: OPEN_OUTCOME,
        find: "const READ_LAG_MAX_MS = 30_000;",
        replace: "const READ_LAG_MAX_MS = 0;",
      },
    ],
  },
  {
    name: "cursor-without-overlap",
    breaks: "an event that Stripe lists late is asked for again",
    patches: [
      {
        file: "src/pull/span.ts",
        find: "export const OVERLAP_MS = MINUTE_MS;",
        replace: "export const OVERLAP_MS = 0;",
      },
      {
        file: "src/pull/span.ts",
        find: "export const DEEP_OVERLAP_MS = 15 * MINUTE_MS;",
        replace: "export const DEEP_OVERLAP_MS = 0;",
      },
    ],
  },
  {
    name: "released-by-the-hub",
    breaks: "where an accountant releases, the hub never does",
    patches: [
      {
        file: "src/runs/write/release-by-person.ts",
        find: 'if (door.releasedBy === "person") return true;',
        replace: 'if (door.releasedBy === "person" && door.mustLookUp) return true;',
      },
    ],
  },
  {
    name: "left-to-the-accountant-unread",
    breaks: "a batch is compared with its draft before an accountant is asked to release it",
    patches: [
      {
        file: EFFECT,
        find: `  const differences = compareBatch(intent.draft, reading);
  if (differences.length > 0) throw foreignContent(intent, reading, differences);
  if (reading.isReleased)`,
        replace: "  if (reading.isReleased)",
      },
    ],
  },
  {
    name: "applied-twice",
    breaks: "what is applied of a payment already counts towards what an invoice is to get",
    patches: [
      {
        file: "src/runs/charges/existing-invoice.ts",
        find: "return applied === undefined || applied.amount.minor < amount.minor;",
        replace: "return applied === undefined || applied.amount.minor <= amount.minor;",
      },
      {
        file: "src/runs/apply/apply-plan.ts",
        find: "const left = wanted.minor - between.minor;",
        replace: "const left = between.minor < 0n ? 0n : wanted.minor;",
      },
    ],
  },
  {
    name: "applied-beyond-balance",
    breaks: "an invoice gets no more of a charge than it has open",
    patches: [
      {
        file: "src/mapping/share-out.ts",
        find: "leastMinor(asked?.minor ?? open.minor, open.minor, left)",
        replace: "leastMinor(asked?.minor ?? open.minor, left)",
      },
    ],
  },
  ...RETURN_MUTANTS.map((mutant) => ({ ...mutant, mode: "returns" }) as const),
  ...ORDER_MUTANTS.map((mutant) => ({ ...mutant, mode: "sales-order" }) as const),
  ...AFTERMATH_MUTANTS.map((mutant) => ({ ...mutant, mode: "aftermath" }) as const),
  ...SUMMARY_MUTANTS.map((mutant) => ({ ...mutant, mode: "summary" }) as const),
];
