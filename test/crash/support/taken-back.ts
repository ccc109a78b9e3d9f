import { lastOf, type Story, secondsLater } from "./after-sale.ts";
import { wrongBooks } from "./at-settlement.ts";

const SL_WRITES = ["reserve", "fill", "release"];
const DEBIT = {
  payment_method_types: ["us_bank_account"],
  payment_method: "pm_usBankAccount_success",
} as const;

/** In cents: the customer owes 100.00 again, and has 30.00 that came back as credit. */
const BOOKS = { "1210": 7_000, "4010": -10_000, "4100": 3_000 };

/** A debit that its bank takes back before its refund is heard of; then the refund fails. */
export const aRefundOfATakenBackDebit: Story = {
  settings: { "credit-note": { wait: 0 } },
  effects: [
    ...["return", "refund-cash", "refund-cause", "apply"].map((purpose) => {
      return { purpose, writes: SL_WRITES };
    }),
    { purpose: "writeback", writes: ["write"] },
    { purpose: "refund-back-cash", writes: SL_WRITES },
  ],
  make: async (world) => {
    const { stripe, act } = world;
    const of = { name: "Ada Lovelace", email: "ada@example.com" };
    const customer = (await stripe.customers.create(of)).id;
    const paid = { amount: 10_000, currency: "usd", confirm: true, customer, ...DEBIT };
    const { id } = await stripe.paymentIntents.create(paid);
    await act(`/payment_intents/${id}/settle`, { succeeds: true });
    await world.settle(id);
    await secondsLater(world);
    const reason = "requested_by_customer";
    await stripe.refunds.create({ payment_intent: id, amount: 3_000, reason });
    await secondsLater(world);
    await act(`/payment_intents/${id}/return`, {});
    return id;
  },
  before: {
    5: async (world) => {
      await secondsLater(world);
      await world.act(`/refunds/${await lastOf(world, "refund")}/move`, { status: "failed" });
    },
  },
  hasNoOracle: true,
  wrong: (world) => wrongBooks(world, BOOKS),
};
