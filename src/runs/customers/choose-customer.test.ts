import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { claim, immortal, mortalContext } from "../../../test/crash/support/mortal.ts";
import { type MortalSite, openMortalSite } from "../../../test/crash/support/mortal-site.ts";
import type { StripePort } from "../../canonical/port.ts";
import type { SandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { linkCustomer, linkedCustomerId } from "../../links/index.ts";
import { aBuyer, aSale, someSettings } from "../../mapping/testing/builders.ts";
import { chooseCustomer } from "./choose-customer.ts";

const PAIR = "acme-us";
const EMAIL = "ada@example.com";

let lasting: MortalSite;
let pool: Pool;
let site: SandboxSite;

beforeAll(async () => {
  lasting = await openMortalSite();
  ({ pool, site } = lasting);
});

afterAll(() => lasting?.close());

beforeEach(async () => {
  await pool.query("truncate intent, attempt, customer_base, customer_lock, link, lane cascade");
});

/** Chooses for an order of this buyer, in a run of its own. */
async function choose(
  buyer: Readonly<{ stripeCustomerId: string; email: string }>,
  changes: Partial<ErpConnector> = {},
): Promise<string> {
  const context = await mortalContext(immortal(), {
    ...{ pool, laneKey: `pi_of_${buyer.stripeCustomerId}`, settings: someSettings() },
    ...{ erp: { ...site.connector, ...changes }, stripe: {} as unknown as StripePort },
  });
  const { customer } = await chooseCustomer(context, aSale({ buyer: aBuyer(buyer) }));
  return customer.customerId;
}

/** C300 has the buyer's address; what comes meanwhile comes while SL looks for it. */
function foundMeanwhile(meanwhile: () => Promise<unknown>): Partial<ErpConnector> {
  return {
    findCustomersByEmail: async (...args) => {
      const found = await site.connector.findCustomersByEmail(...args);
      await meanwhile();
      return found;
    },
  };
}

const setInSl = (customerId: string, set: object) =>
  site.admin("POST", "/rows", { table: "Customer", where: { CustId: customerId }, set });

const buyer = { stripeCustomerId: "cus_1", email: EMAIL };
const linkByHand = () => linkCustomer(pool, { pair: PAIR, stripeId: "cus_1", customerId: "C301" });

test("a worker that has lost its lane links nobody", async () => {
  await setInSl("C300", { EMailAddr: EMAIL });
  const takenOver = foundMeanwhile(() => claim(pool, PAIR, "pi_of_cus_1"));

  await expect(choose(buyer, takenOver)).rejects.toMatchObject({ code: "lane.fenced" });

  expect(await linkedCustomerId(pool, PAIR, "cus_1")).toBeUndefined();
});

test("a link that a person makes during the look-up stays, and the next run takes it", async () => {
  await setInSl("C300", { EMailAddr: EMAIL });

  await expect(choose(buyer, foundMeanwhile(linkByHand))).rejects.toThrow(
    "was linked to meanwhile",
  );

  expect(await choose(buyer)).toBe("C301");
});
