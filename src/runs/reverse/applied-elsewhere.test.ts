import { expect, test } from "vitest";
import { money } from "../../base/money.ts";
import type { ApplicationRow, ErpConnector } from "../../erp/port.ts";
import { assertOwnApplications, type ReadOriginal } from "./applied-elsewhere.ts";
import { planGivenBack } from "./given-back.ts";

const usd = (minor: number) => money(minor, "USD");

/** An invoice of 60.00 and its payment, of which so much is used. */
function sale(used: readonly [invoice: number, payment: number]): readonly ReadOriginal[] {
  return (["IN", "PA"] as const).map((type, at) => {
    const numbers = { type, customerId: "C300 ", refNbr: `${type}1`, batNbr: "000123" };
    const taken = used[at] ?? 0;
    return {
      original: { key: type } as ReadOriginal["original"],
      draft: {} as ReadOriginal["draft"],
      numbers: { ...numbers, period: "202603", documentDate: "2026-03-10" },
      ...{ total: usd(6_000), open: usd(6_000 - taken), used: usd(taken) },
    };
  });
}

function anErp(answer: "yes" | "no", rows: readonly ApplicationRow[] = []) {
  const erp = {
    capabilities: { "find-applications": answer },
    listApplications: async () => rows,
  };
  return { erp: erp as unknown as ErpConnector };
}

const row = (change: Partial<ApplicationRow> = {}): ApplicationRow => ({
  ...{ customerId: "C300", batNbr: "000124", amount: usd(6_000) },
  ...{ realised: "0", isPending: false },
  payer: { type: "PA", refNbr: "PA1" },
  target: { type: "IN", refNbr: "IN1" },
  ...change,
});

test("documents that were applied among themselves may go back", async () => {
  const others = row({ payer: { type: "PA", refNbr: "X" }, target: { type: "IN", refNbr: "Y" } });

  await assertOwnApplications(anErp("yes", [row(), others]), sale([6_000, 6_000]));
  await assertOwnApplications(anErp("no"), sale([6_000, 6_000]));
});

test.each([
  ["a payment that has paid another invoice", { target: { type: "IN", refNbr: "000777" } }],
  ["an invoice that another payment has paid", { payer: { type: "PA", refNbr: "CHECK1" } }],
  ["an application that is not released", { isPending: true }],
] as const)("%s is named with the screen that takes it back", async (_name, change) => {
  const refused = assertOwnApplications(anErp("yes", [row(change)]), sale([6_000, 6_000]));

  await expect(refused).rejects.toMatchObject({
    code: "reverse.applied_elsewhere",
    cure: expect.stringContaining("08.240") as unknown,
    message: expect.stringContaining("60.00 USD of PA") as unknown,
  });
});

test("what a person has taken back in 08.240 since is applied no more", async () => {
  const target = { type: "IN", refNbr: "000777" };
  const back = row({ target, amount: usd(-6_000), batNbr: "000125" });

  await assertOwnApplications(anErp("yes", [row({ target }), back]), sale([0, 0]));

  const again = [row({ target }), back, row({ target, amount: usd(2_000), batNbr: "000126" })];
  const refused = assertOwnApplications(anErp("yes", again), sale([0, 2_000]));
  await expect(refused).rejects.toMatchObject({
    message: expect.stringContaining(
      ": 20.00 USD of PA PA1 to IN 000777 (batch 000126)",
    ) as unknown,
  });
});

/** A share of a charge: what a customer has paid, and how much of it is used. */
function shares(used: number): readonly ReadOriginal[] {
  const [, payment] = sale([0, used]);
  const original = { key: "PA", purpose: "payment", part: "C300", object: "ch_1" };
  return payment === undefined
    ? []
    : [{ ...payment, original: original as ReadOriginal["original"] }];
}

test("what an invoice of SL has taken is given back by a person, and then nothing is", async () => {
  const target = { type: "IN", refNbr: "000777" };
  const paid = row({ target });
  const before = await planGivenBack(anErp("yes", [paid]), shares(6_000));
  const back = row({ target, amount: usd(-6_000), batNbr: "000125" });
  const after = await planGivenBack(anErp("yes", [paid, back]), shares(0));

  await assertOwnApplications(anErp("yes", [paid]), before.read);
  expect(before.read).toMatchObject([{ open: usd(6_000), used: usd(0) }]);
  expect(before.byHand[0]).toContain("PA PA1 of customer C300 (60.00 USD to IN 000777)");
  expect(before.byHand[0]).toContain("the application alone");
  expect(after).toMatchObject({ byHand: [], read: [{ open: usd(6_000), used: usd(0) }] });
});

test("without the view, all of a payment that goes back alone is to be given back", async () => {
  const alone = await planGivenBack(anErp("no"), shares(6_000));
  const withRefund = [...shares(6_000), ...sale([6_000, 0]).slice(0, 1)];
  const both = await planGivenBack(anErp("no"), withRefund);

  await assertOwnApplications(anErp("no"), alone.read);
  expect(alone.byHand[0]).toContain("(60.00 USD, all of it)");
  expect(both).toEqual({ read: withRefund, byHand: [] });
});

test.each(["RP", "NS"])(
  "a share that a person has taken back whole by %s is refused",
  async (type) => {
    const erp = anErp("yes", [row({ target: { type, refNbr: "PA1" } })]);

    const { read, byHand } = await planGivenBack(erp, shares(6_000));

    expect(byHand).toEqual([]);
    await expect(assertOwnApplications(erp, read)).rejects.toMatchObject({
      code: "reverse.applied_elsewhere",
    });
  },
);

test("in another currency it is refused with the steps until it is given back", async () => {
  const rated = shares(6_000).map((one) => ({ ...one, draft: { rate: {} } }) as ReadOriginal);
  const target = { type: "IN", refNbr: "000777" };

  const refused = planGivenBack(anErp("yes", [row({ target })]), rated);

  await expect(refused).rejects.toMatchObject({
    code: "reverse.unsupported",
    cure: expect.stringContaining("60.00 USD to IN 000777") as unknown,
  });
});

test("without the view, what is used on one side alone is applied elsewhere", async () => {
  const refused = assertOwnApplications(anErp("no"), sale([4_000, 6_000]));

  await expect(refused).rejects.toMatchObject({ code: "reverse.applied_elsewhere" });
});
