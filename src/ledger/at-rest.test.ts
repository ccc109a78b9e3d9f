import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { listAtRest } from "./at-rest.ts";

/** A balance of so many cents at each time that it is asked for; the last one stays. */
function balances(...cents: readonly bigint[]) {
  let asked = 0;
  return () => {
    const minor = cents[Math.min(asked, cents.length - 1)] ?? 0n;
    asked += 1;
    const available = money(minor, "USD");
    return Promise.resolve([{ currency: "USD", available, pending: money(0n, "USD") }]);
  };
}

test("what is listed belongs to the balance that stood before it and after", async () => {
  let lists = 0;
  const list = () => {
    lists += 1;
    return Promise.resolve(lists);
  };

  const { held, listed } = await listAtRest(balances(100n, 90n, 80n), list);

  expect(held[0]?.available.minor).toBe(80n);
  expect(listed).toBe(3);
});

test("money that only became available is no movement", async () => {
  const zero = money(0n, "USD");
  const full = money(100n, "USD");
  const answers = [
    [{ currency: "USD", available: zero, pending: full }],
    [{ currency: "USD", available: full, pending: zero }],
  ];
  let asked = 0;
  const readHeld = () => Promise.resolve(answers[asked++] ?? []);

  const { held } = await listAtRest(readHeld, () => Promise.resolve());

  expect(held).toBe(answers[0]);
  expect(asked).toBe(2);
});

test("a balance that never stands still is an error, not a wrong number", async () => {
  let cents = 0n;
  const readHeld = () => {
    cents += 1n;
    return balances(cents)();
  };

  const found = listAtRest(readHeld, () => Promise.resolve());

  await expect(found).rejects.toMatchObject({ code: "stripe.balance_moves" });
});
