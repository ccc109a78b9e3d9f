import type { Pool } from "pg";
import { toJson } from "../../base/json.ts";

const PAIR = "acme-us";

/** Rows put straight into the tables, as the hub would have left them. */
export class Seed {
  readonly #pool: Pool;

  /** Every row has sensible values for what a test does not care about. */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async event(row: {
    id: string;
    pair?: string;
    lane?: string | null;
    objectId?: string;
    type?: string;
    end?: "booked" | "not_applicable" | "parked";
    reason?: string;
    body?: string | Buffer;
  }): Promise<void> {
    const { id, pair = PAIR, lane = null, objectId = null, end = null, reason = null } = row;
    await this.#pool.query(
      `insert into event (pair, stripe_event_id, type, api_version, livemode, object_id, lane_key,
         created_at, body, end_state, end_reason, ended_at)
       values ($1, $2, $3, '2026-10-28.endive', false, $4, $5, now(), $6, $7, $8,
         case when $7::text is null then null else clock_timestamp() end)`,
      [
        pair,
        id,
        row.type ?? "charge.succeeded",
        objectId,
        lane,
        Buffer.from(row.body ?? `{"id":"${id}"}`),
        end,
        reason,
      ],
    );
  }

  async lane(row: { key: string; pair?: string; owner?: string; dueInMs?: number }): Promise<void> {
    const { key, pair = PAIR, owner = null, dueInMs = null } = row;
    await this.#pool.query(
      `insert into lane (pair, key, owner, lease_until, due_at) values ($1, $2, $3,
         case when $3::text is null then null else now() + interval '12 seconds' end,
         now() + $4::bigint * interval '1 millisecond')`,
      [pair, key, owner, dueInMs],
    );
  }

  async parked(row: {
    lane: string;
    pair?: string;
    code?: string;
    reason?: string;
    runId?: string;
  }) {
    const { lane, pair = PAIR, code = "mapping.product_unmapped" } = row;
    const found = await this.#pool.query<{ id: string }>(
      `insert into parked (pair, lane_key, category, code, reason, cure, facts, run_id)
       values ($1, $2, 'mapping', $3, $4, 'Map the product, then resume.',
         '{"product":"prod_1"}', $5::bigint)
       returning id::text`,
      [pair, lane, code, row.reason ?? "Product prod_1 is not mapped", row.runId ?? null],
    );
    return found.rows[0]?.id ?? "";
  }

  async intent(row: {
    key: string;
    lane: string;
    object: string;
    purpose: string;
    pair?: string;
    stage?: string;
    batNbr?: string;
    draft?: object;
    receipt?: object;
  }): Promise<void> {
    const { key, lane, object, purpose, pair = PAIR, stage = "planned", receipt } = row;
    await this.#pool.query(
      `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
         mapping_version, stage, bat_nbr, receipt, created_at)
       values ($1, $2, $3, $4, $5, $6::jsonb, 'hash', 1, $7, $8, $9::jsonb, clock_timestamp())`,
      [
        pair,
        key,
        lane,
        object,
        purpose,
        toJson(row.draft ?? {}),
        stage,
        row.batNbr ?? null,
        receipt === undefined ? null : toJson(receipt),
      ],
    );
  }

  async attempt(row: {
    key: string;
    nr: number;
    step: string;
    pair?: string;
    /** Undefined: open. */
    outcome?: string;
    ageMs?: number;
    worker?: string;
    facts?: object;
    request?: string;
    answer?: string;
  }): Promise<void> {
    const { key, nr, step, pair = PAIR, outcome = null, ageMs = 0, facts = {} } = row;
    const { request = null, answer = null, worker = "hub-1" } = row;
    await this.#pool.query(
      `insert into attempt (pair, key, nr, step, worker, sent_at, answered_at, outcome, facts,
         request, answer)
       values ($1, $2, $3, $4, $10, clock_timestamp() - $6::bigint * interval '1 millisecond',
         case when $5::text is null then null else clock_timestamp() end, $5, $7::jsonb, $8, $9)`,
      [pair, key, nr, step, outcome, ageMs, JSON.stringify(facts), request, answer, worker],
    );
  }

  async run(row: {
    lane: string;
    pair?: string;
    outcome?: string;
    reason?: string;
    steps?: readonly object[];
  }): Promise<string> {
    const { lane, pair = PAIR, outcome = "booked", reason = "invoice 000200", steps = [] } = row;
    const found = await this.#pool.query<{ id: string }>(
      `insert into run (pair, lane_key, kind, started_at, ended_at, worker, outcome, reason, steps)
       values ($1, $2, 'charge', clock_timestamp(), clock_timestamp(), 'hub-1', $3, $4, $5::jsonb)
       returning id::text`,
      [pair, lane, outcome, reason, JSON.stringify(steps)],
    );
    return found.rows[0]?.id ?? "";
  }

  async receipt(row: { key: string; slTable: string; slKey: string; pair?: string }) {
    const { key, slTable, slKey, pair = PAIR } = row;
    await this.#pool.query(
      "insert into receipt (pair, sl_table, sl_key, intent_key) values ($1, $2, $3, $4)",
      [pair, slTable, slKey, key],
    );
  }

  async link(row: {
    stripeId: string;
    kind: "customer" | "invoice" | "payment";
    slKey: string;
    key?: string;
    batNbr?: string;
    pair?: string;
  }): Promise<void> {
    const { stripeId, kind, slKey, key = null, batNbr = "", pair = PAIR } = row;
    await this.#pool.query(
      `insert into link (pair, stripe_id, kind, sl_key, bat_nbr, intent_key)
       values ($1, $2, $3, $4, $5, $6)`,
      [pair, stripeId, kind, slKey, batNbr, key],
    );
  }

  /** A charge of 10.00 with a fee of 0.59, as Stripe lists it. */
  async balanceRow(row: { id: string; source: string; pair?: string }): Promise<void> {
    await this.#pool.query(
      `insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
         status, source_id)
       values ($1, $2, now(), 'USD', 'charge', 'charge', 1000, 59, 941, 'available', $3)`,
      [row.pair ?? PAIR, row.id, row.source],
    );
  }

  async rowOwner(row: { rowId: string; key: string; pair?: string }): Promise<void> {
    await this.#pool.query(
      "insert into row_owner (pair, row_id, part, intent_key) values ($1, $2, 'gross', $3)",
      [row.pair ?? PAIR, row.rowId, row.key],
    );
  }
}

const usd = (minor: bigint) => ({ minor, currency: "USD" });
const account = (number: string) => ({ account: number, subaccount: "000000000000" });
const INVOICE_DRAFT = {
  kind: "invoice",
  total: usd(10_825n),
  receivable: account("1210"),
  lines: [
    { amount: usd(10_000n), sales: account("4010"), description: "Widget" },
    { amount: usd(825n), sales: account("2200"), description: "Sales tax" },
  ],
};
const PAYMENT_DRAFT = {
  kind: "payment",
  amount: usd(10_825n),
  cash: account("1095"),
  applications: [{ invoiceRefNbr: "000200", amount: usd(10_825n), receivable: account("1210") }],
};
const booked = { customerId: "STABC", period: "202611", documentDate: "2026-11-23" };

/** A paid order as the hub leaves it: customer, invoice and payment, booked on lane `pi_1`. */
export async function seedBookedOrder(seed: Seed): Promise<void> {
  const lane = "pi_1";
  await seed.lane({ key: lane });
  await seed.event({ id: "evt_1", lane, objectId: "ch_1", end: "booked", reason: "IN 000200" });
  await seedCustomer(seed, lane);
  await seedDocuments(seed, lane);
  await seed.rowOwner({ rowId: "txn_1", key: "PAYMENTKEY" });
  const reason = "This money is worked on with pi_1";
  await seed.run({ lane: "ch_1", outcome: "handed_over", reason });
  const step = { step: "invoice", text: "invoice 000200 released", facts: { batNbr: "000123" } };
  await seed.run({ lane, steps: [{ at: new Date().toISOString(), ...step }] });
}

async function seedCustomer(seed: Seed, lane: string): Promise<void> {
  const key = "CUSTOMERKEY";
  const receipt = { customerId: "STABC" };
  const fact = { object: "cus_1", purpose: "customer", stage: "done" };
  await seed.intent({ key, lane, ...fact, receipt });
  await seed.receipt({ key, slTable: "Customer", slKey: "STABC" });
  await seed.link({ stripeId: "cus_1", kind: "customer", slKey: "STABC", key });
}

async function seedDocuments(seed: Seed, lane: string): Promise<void> {
  const documents = [
    { key: "INVOICEKEY", object: "pi_1", purpose: "invoice", draft: INVOICE_DRAFT },
    { key: "PAYMENTKEY", object: "ch_1", purpose: "payment", draft: PAYMENT_DRAFT },
  ] as const;
  const numbers = [
    { type: "IN", refNbr: "000200", batNbr: "000123" },
    { type: "PA", refNbr: "KY3E3RUCE5", batNbr: "000124" },
  ] as const;
  for (const [index, document] of documents.entries()) {
    const { type, refNbr, batNbr } = numbers[index] ?? numbers[0];
    const { key, object, purpose } = document;
    const receipt = { type, refNbr, batNbr, ...booked };
    await seed.intent({ ...document, lane, stage: "done", batNbr, receipt });
    const exchange = { request: `fill ${refNbr}`, answer: "<ok/>" };
    await seed.attempt({ key, nr: 1, step: "fill", outcome: "ok", ...exchange });
    await seed.receipt({ key, slTable: "ARDoc", slKey: `${type}|${refNbr}|STABC` });
    await seed.link({ stripeId: object, kind: purpose, slKey: refNbr, batNbr, key });
  }
}
