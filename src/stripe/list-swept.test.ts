import { expect, test } from "vitest";
import { listSwept, sweptInEvent } from "./list-swept.ts";
import type { StripeApi } from "./stripe-api.ts";

const CREATED = 1_772_000_000;
const REFUND = { object: "refund", created: CREATED, status: "succeeded", charge: "ch_1" };
/** As Stripe makes it with `origin=customer_balance`. */
const OF_CASH_BALANCE = { ...REFUND, id: "re_cash", charge: null, payment_intent: null };

const until = new Date((CREATED + 60) * 1_000);
const query = { kind: "refund", from: new Date(CREATED * 1_000), until } as const;

/** A Stripe that has these refunds, on one page. */
function withRefunds(...refunds: readonly object[]): StripeApi {
  const api: Pick<StripeApi, "pages"> & { sdk: object } = {
    sdk: { refunds: { list: () => Promise.resolve({ data: refunds, has_more: false }) } },
    pages: async function* (_operation, page) {
      const { data } = await page({ limit: 100 });
      yield { members: data as never[], isLast: true };
    },
  };
  return api as StripeApi;
}

test("a refund of a customer's cash balance, which names no charge, stops no sweep", async () => {
  const before = { ...REFUND, id: "re_1" };
  const after = { ...REFUND, id: "re_2", payment_intent: "pi_2" };

  const [page] = await Array.fromAsync(
    listSwept(withRefunds(before, OF_CASH_BALANCE, after), query),
  );

  expect(page?.objects.map(({ id, laneKey }) => [id, laneKey])).toEqual([
    ["re_1", "ch_1"],
    ["re_2", "pi_2"],
  ]);
});

test("an event about such a refund tells of nothing that is swept", () => {
  const body = (object: object) => JSON.stringify({ data: { object } });

  expect(sweptInEvent(body(OF_CASH_BALANCE))).toBeUndefined();
  expect(sweptInEvent(body({ ...REFUND, id: "re_1" }))).toMatchObject({
    ...{ id: "re_1", state: "succeeded none none" },
  });
});
