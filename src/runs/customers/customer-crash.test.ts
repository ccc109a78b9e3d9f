import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/support/postgres.ts";
import { systemClock } from "../../base/clock.ts";
import type { StripePort } from "../../canonical/port.ts";
import type { ShipTo } from "../../canonical/sale.ts";
import { type SandboxSite, startSandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { aCustomer as aDraft } from "../../erp/testing/contract-drafts.ts";
import { type ClaimedLane, wakeLanes } from "../../lanes/index.ts";
import { linkCustomer } from "../../links/index.ts";
import { aBuyer, aCustomer, aSale, someSettings } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { StepLog } from "../step-log.ts";
import { Waiting } from "../waiting.ts";
import { openDoor } from "../write/door.ts";
import { IntentStore } from "../write/intent-store.ts";
import { Reference } from "../write/reference.ts";
import { runCustomer } from "./customer-run.ts";
import { ensureShipTo } from "./ship-to.ts";

// A process that dies at any statement or call, before or after its effect, and another one that
// goes on: SL has the change once, and nothing stays open.

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let site: SandboxSite;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
  site = await startSandboxSite();
  await site.connector.check();
});

afterAll(async () => {
  await site?.close();
  await pool?.end();
  await database?.drop();
});

const STEPS_MAX = 40;
const HORIZON_MS = 330_000;
const CUSTOMER = "S000000001";
const CHANGED = { ...aDraft(1), name: "Ada King" };

/** A process whose statements and calls are counted, and which dies at one of them. */
class Mortal {
  readonly #dieAt: number;
  readonly #isAfter: boolean;
  #steps = 0;
  isDead = false;

  constructor(dieAt: number, isAfter: boolean) {
    this.#dieAt = dieAt;
    this.#isAfter = isAfter;
  }

  async step<T>(work: () => Promise<T>): Promise<T> {
    this.#steps += 1;
    const isLast = this.#steps === this.#dieAt;
    if (this.isDead || (isLast && !this.#isAfter)) this.#die();
    const result = await work();
    if (isLast) this.#die();
    return result;
  }

  #die(): never {
    this.isDead = true;
    throw new Error("the process has died");
  }
}

const CALLS = ["readCustomer", "updateCustomer", "readShipTo", "createShipTo"];

function mortalErp(mortal: Mortal): ErpConnector {
  return new Proxy<ErpConnector>(site.connector, {
    get: (erp, name) => {
      const member: unknown = Reflect.get(erp, name);
      if (typeof member !== "function" || !CALLS.includes(String(name))) return member;
      return (...args: unknown[]) => mortal.step(() => member.apply(erp, args) as Promise<unknown>);
    },
  });
}

function mortalPool(mortal: Mortal): Pool {
  const query = (...args: Parameters<Pool["query"]>) =>
    mortal.step(() => (pool.query as (...all: unknown[]) => Promise<unknown>)(...args));
  return Object.assign(Object.create(pool) as Pool, { query });
}

async function aContext(mortal: Mortal, key: string): Promise<RunContext> {
  await wakeLanes(pool, [{ pair: "acme-us", key }]);
  const { rows } = await pool.query<{ attempt: string }>(
    `update lane set owner = 'w', attempt = attempt + 1, lease_until = now() + interval '1 hour'
     where key = $1 returning attempt`,
    [key],
  );
  const attempt = Number(rows[0]?.attempt);
  const lane: ClaimedLane = {
    ...{ pair: "acme-us", key, owner: "w", attempt, wake: 1, tries: 0 },
    takenOverFrom: undefined,
  };
  const [mine, erp] = [mortalPool(mortal), mortalErp(mortal)];
  const { signal } = new AbortController();
  const store = new IntentStore({ pool: mine, lane, clock: systemClock, mappingVersion: 1 });
  const texts = { name: CHANGED.name, email: CHANGED.email };
  const address = { line1: "1 Main St", line2: "", city: "New York", state: "NY" };
  const buyer = aBuyer({ ...texts, address: { ...address, postalCode: "10001", country: "US" } });
  const updates = ["name", "address", "email"];
  const settings = someSettings({
    "customer.updates": updates,
    "customer.updates-of": "linked",
  });
  return {
    ...{ pool: mine, lane, signal, steps: new StepLog(systemClock) },
    ...{ mayHaveRefunds: false, mayHaveDisputes: false },
    pair: {
      ...{ id: "acme-us", settings, erp, reference: new Reference(erp, systemClock) },
      stripe: { readCustomer: async () => buyer } as unknown as StripePort,
    },
    door: openDoor({
      ...{ store, erp, signal, clock: systemClock, horizonMs: HORIZON_MS, mustLookUp: false },
      ...{ releasedBy: "hub", personWaitMaxMs: 0, noteWait: async () => 0 },
    }),
  };
}

/** Dies at step `nr`, then goes on as others until it comes through; whether it died at all. */
async function survive(
  at: Readonly<{ nr: number; isAfter: boolean; key: string }>,
  work: (context: RunContext) => Promise<unknown>,
): Promise<boolean> {
  const mortal = new Mortal(at.nr, at.isAfter);
  await work(await aContext(mortal, at.key)).catch((thrown: unknown) => {
    if (!mortal.isDead) throw thrown;
  });
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      await work(await aContext(new Mortal(0, false), at.key));
      return mortal.isDead;
    } catch (thrown) {
      if (!(thrown instanceof Waiting)) throw thrown;
      await pool.query("update attempt set sent_at = sent_at - interval '10 minutes'");
    }
  }
  throw new Error(`Never came through after step ${at.nr}`);
}

/** What no run will ever come back to of its own accord. */
async function leftOpen(): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select (select count(*)::int from intent where stage not in ('done', 'abandoned'))
       + (select count(*)::int from attempt where answered_at is null) as n`,
  );
  return rows[0]?.n ?? 0;
}

async function reset(): Promise<void> {
  await pool.query("truncate intent, attempt, customer_base, link, lane cascade");
}

test.each([
  ["before", false],
  ["after", true],
])("a change of a customer survives a death %s the effect of any step", async (_name, isAfter) => {
  await site.connector.createCustomer(aDraft(1)).catch(() => undefined);
  let isOver = false;
  for (let nr = 1; !isOver; nr += 1) {
    expect(nr).toBeLessThan(STEPS_MAX);
    await reset();
    await site.connector.updateCustomer(CUSTOMER, { name: "Ada Lovelace" });
    await linkCustomer(pool, { pair: "acme-us", stripeId: "cus_1", customerId: CUSTOMER });
    await pool.query(
      `insert into customer_base (pair, stripe_id, customer_id, sl, stripe)
       values ('acme-us', 'cus_1', $1, $2, $2)`,
      [CUSTOMER, JSON.stringify(aDraft(1))],
    );
    const run = { stripeId: "cus_1", dismissal: undefined, isTold: true, onConflict: () => {} };

    const hasDied = await survive({ nr, isAfter, key: "cus_1" }, (context) =>
      runCustomer(context, run),
    );

    expect((await site.connector.readCustomer(CUSTOMER))?.name).toBe("Ada King");
    expect(await leftOpen()).toBe(0);
    const base = await pool.query(
      "select sl ->> 'name' as sl, stripe ->> 'name' as stripe from customer_base",
    );
    expect(base.rows).toEqual([{ sl: "Ada King", stripe: "Ada King" }]);
    isOver = !hasDied;
  }
});

test.each([
  ["before", false],
  ["after", true],
])("a ship-to address survives a death %s the effect of any step", async (_name, isAfter) => {
  await site.connector.createCustomer(aDraft(1)).catch(() => undefined);
  let isOver = false;
  for (let nr = 1; !isOver; nr += 1) {
    expect(nr).toBeLessThan(STEPS_MAX);
    await reset();
    const address = { line1: `${nr} Pier St`, line2: "", city: "Boston", state: "MA" };
    const shipTo: ShipTo = {
      ...{ name: isAfter ? "After" : "Before", phone: "" },
      address: { ...address, postalCode: "", country: "US" },
    };
    const sale = aSale({ shipTo });
    const customer = aCustomer({ customerId: CUSTOMER });

    const hasDied = await survive({ nr, isAfter, key: "pi_1" }, (context) =>
      ensureShipTo(context, sale, customer),
    );

    const rows = (await site.admin("GET", "/rows?table=SOAddress")) as Record<string, string>[];
    const mine = rows.filter((row) => row.Name?.trim() === shipTo.name);
    expect(mine.filter((row) => row.Addr1?.trim() === address.line1)).toHaveLength(1);
    expect(await leftOpen()).toBe(0);
    isOver = !hasDied;
  }
});
