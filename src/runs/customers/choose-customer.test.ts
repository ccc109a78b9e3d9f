import type { Pool } from "pg";
import { beforeEach, describe, expect, test } from "vitest";
import { claim, immortal, mortalContext, passHorizon } from "../../../test/crash/support/mortal.ts";
import { withMortalSite } from "../../../test/crash/support/mortal-site.ts";
import { HubError } from "../../base/errors.ts";
import type { StripePort } from "../../canonical/port.ts";
import type { SandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { linkCustomer, linkedCustomerId } from "../../links/index.ts";
import { aBuyer, aSale, someSettings } from "../../mapping/testing/builders.ts";
import { Waiting } from "../waiting.ts";
import { chooseCustomer } from "./choose-customer.ts";

const PAIR = "acme-us";
const EMAIL = "ada@example.com";

let pool: Pool;
let site: SandboxSite;

withMortalSite((opened) => {
  ({ pool, site } = opened);
});

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

/** A create that SL never carries out, and whose answer is lost. */
const lost: Partial<ErpConnector> = {
  createCustomer: async () => {
    throw new HubError("erp.outcome_open", "No answer to editScreen");
  },
};

/** A create that SL carries out, and whose answer is lost. */
const unanswered: Partial<ErpConnector> = {
  createCustomer: async (...args) => {
    await site.connector.createCustomer(...args);
    throw new HubError("erp.outcome_open", "No answer to editScreen");
  },
};

/** Counts calls to SL by their names. */
function counted(): { calls: string[]; changes: Partial<ErpConnector> } {
  const calls: string[] = [];
  const { createCustomer, findCustomersByEmail, readCustomer } = site.connector;
  const changes: Partial<ErpConnector> = {
    createCustomer: (...args) => {
      calls.push("create");
      return createCustomer(...args);
    },
    findCustomersByEmail: (...args) => {
      calls.push("find");
      return findCustomersByEmail(...args);
    },
    readCustomer: (...args) => {
      calls.push("read");
      return readCustomer(...args);
    },
  };
  return { calls, changes };
}

describe("a create whose answer was lost", () => {
  test("makes nobody any more once another payment has made the same person", async () => {
    const first = { stripeCustomerId: "cus_a", email: "twice@example.com" };
    await expect(choose(first, lost)).rejects.toMatchObject({ code: "erp.outcome_open" });
    await passHorizon(pool);

    const made = await choose({ ...first, stripeCustomerId: "cus_b" });

    expect(await choose(first)).toBe(made);
    expect(await site.connector.findCustomersByEmail(first.email)).toHaveLength(1);
  });

  test("makes nobody any more once a clerk has entered the same person", async () => {
    const buyer = { stripeCustomerId: "cus_c", email: "clerk@example.com" };
    await expect(choose(buyer, lost)).rejects.toMatchObject({ code: "erp.outcome_open" });
    await setInSl("C301", { EMailAddr: buyer.email });
    await passHorizon(pool);

    expect(await choose(buyer)).toBe("C301");
  });

  test("is sent again under its own id where nobody has been made", async () => {
    const buyer = { stripeCustomerId: "cus_d", email: "late@example.com" };
    await expect(choose(buyer, lost)).rejects.toMatchObject({ code: "erp.outcome_open" });
    const { rows } = await pool.query<{ id: string }>(
      "select draft ->> 'customerId' as id from intent",
    );
    await passHorizon(pool);

    expect(await choose(buyer)).toBe(rows[0]?.id);
  });

  test("is sent again at once while others still wait for it", async () => {
    const buyer = { stripeCustomerId: "cus_e", email: "soon@example.com" };
    await expect(choose(buyer, lost)).rejects.toMatchObject({ code: "erp.outcome_open" });
    await expect(choose({ ...buyer, stripeCustomerId: "cus_f" })).rejects.toThrow(Waiting);
    const { calls, changes } = counted();

    const customerId = await choose(buyer, changes);

    expect(calls).toEqual(["read", "create", "read"]);
    expect(await choose({ ...buyer, stripeCustomerId: "cus_f" })).toBe(customerId);
  });

  test("is what SL shows of it, however late", async () => {
    const buyer = { stripeCustomerId: "cus_g", email: "shown@example.com" };
    await expect(choose(buyer, unanswered)).rejects.toMatchObject({ code: "erp.outcome_open" });
    await passHorizon(pool);
    const { calls, changes } = counted();

    const customerId = await choose(buyer, changes);

    expect(calls).toEqual(["read", "read"]);
    expect(await linkedCustomerId(pool, PAIR, "cus_g")).toBe(customerId);
  });
});

test("a new buyer is looked for once, made and read", async () => {
  const { calls, changes } = counted();

  await choose({ stripeCustomerId: "cus_h", email: "new@example.com" }, changes);

  expect(calls).toEqual(["find", "create", "read"]);
});
