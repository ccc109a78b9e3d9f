import type { Pool } from "pg";
import { expect, test } from "vitest";
import {
  DEATHS,
  type Death,
  immortal,
  Mortal,
  mortalContext,
  mortalPort,
  passHorizon,
} from "../../../test/crash/support/mortal.ts";
import { withMortalSite } from "../../../test/crash/support/mortal-site.ts";
import type { StripePort } from "../../canonical/port.ts";
import type { ShipTo } from "../../canonical/sale.ts";
import type { SandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { aCustomer as aDraft } from "../../erp/testing/contract-drafts.ts";
import { linkCustomer } from "../../links/index.ts";
import { aBuyer, aCustomer, aSale, someSettings } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import { runCustomer } from "./customer-run.ts";
import { ensureShipTo } from "./ship-to.ts";

// A process that dies at any statement or call, before or after its effect, and another one that
// goes on: SL has the change once, and nothing stays open.

let pool: Pool;
let site: SandboxSite;

withMortalSite((opened) => {
  ({ pool, site } = opened);
});

const STEPS_MAX = 40;
const CUSTOMER = "S000000001";
const CHANGED = { ...aDraft(1), name: "Ada King" };

const CALLS = ["readCustomer", "updateCustomer", "readShipTo", "createShipTo"];

function aContext(mortal: Mortal, laneKey: string): Promise<RunContext> {
  const texts = { name: CHANGED.name, email: CHANGED.email };
  const address = { line1: "1 Main St", line2: "", city: "New York", state: "NY" };
  const buyer = aBuyer({ ...texts, address: { ...address, postalCode: "10001", country: "US" } });
  const updates = ["name", "address", "email"];
  const settings = someSettings({
    "customer.updates": updates,
    "customer.updates-of": "linked",
  });
  const erp = mortalPort<ErpConnector>(site.connector, mortal, CALLS);
  const stripe = { readCustomer: async () => buyer } as unknown as StripePort;
  return mortalContext(mortal, { pool, laneKey, settings, erp, stripe });
}

/** Dies at step `nr`, then goes on as others until it comes through; whether it died at all. */
async function survive(
  at: Readonly<{ nr: number; death: Death; key: string }>,
  work: (context: RunContext) => Promise<unknown>,
): Promise<boolean> {
  const mortal = new Mortal({ counts: () => true, nth: at.nr, death: at.death });
  await work(await aContext(mortal, at.key)).catch((thrown: unknown) => {
    if (!mortal.isDead) throw thrown;
  });
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      await work(await aContext(immortal(), at.key));
      return mortal.isDead;
    } catch (thrown) {
      if (!(thrown instanceof Waiting)) throw thrown;
      await passHorizon(pool);
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

test.each(DEATHS)(
  "a change of a customer survives a death %s the effect of any step",
  async (death) => {
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

      const hasDied = await survive({ nr, death, key: "cus_1" }, (context) =>
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
  },
);

test.each(DEATHS)("a ship-to address survives a death %s the effect of any step", async (death) => {
  await site.connector.createCustomer(aDraft(1)).catch(() => undefined);
  let isOver = false;
  for (let nr = 1; !isOver; nr += 1) {
    expect(nr).toBeLessThan(STEPS_MAX);
    await reset();
    const address = { line1: `${nr} Pier St`, line2: "", city: "Boston", state: "MA" };
    const shipTo: ShipTo = {
      ...{ name: `Died ${death}`, phone: "" },
      address: { ...address, postalCode: "", country: "US" },
    };
    const sale = aSale({ shipTo });
    const customer = aCustomer({ customerId: CUSTOMER });

    const hasDied = await survive({ nr, death, key: "pi_1" }, (context) =>
      ensureShipTo(context, sale, customer),
    );

    const rows = (await site.admin("GET", "/rows?table=SOAddress")) as Record<string, string>[];
    const mine = rows.filter((row) => row.Name?.trim() === shipTo.name);
    expect(mine.filter((row) => row.Addr1?.trim() === address.line1)).toHaveLength(1);
    expect(await leftOpen()).toBe(0);
    isOver = !hasDied;
  }
});
