import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  classifyEvent,
  type EventHead,
  isThinEvent,
  objectIdOf,
  WORKED_TYPES,
} from "./classify.ts";

const PAYLOADS = new URL("../../../shared/stripe-payloads/2020-03-02/", import.meta.url);

function anEvent(type: string, object: unknown): EventHead {
  return { id: "evt_1", object: "event", type, data: { object } };
}

describe("the lane of an event", () => {
  test.each<[string, string, object, string]>([
    ["a charge", "charge.succeeded", { id: "ch_1", payment_intent: "pi_1" }, "pi_1"],
    [
      "a charge without a PaymentIntent",
      "charge.succeeded",
      { id: "ch_1", payment_intent: null },
      "ch_1",
    ],
    [
      "a charge with its PaymentIntent expanded",
      "charge.captured",
      { id: "ch_1", payment_intent: { id: "pi_1" } },
      "pi_1",
    ],
    [
      "a charge whose row has come",
      "charge.updated",
      { id: "py_1", payment_intent: "pi_1" },
      "pi_1",
    ],
    ["a PaymentIntent", "payment_intent.succeeded", { id: "pi_1" }, "pi_1"],
    ["an invoice of the present shape", "invoice.paid", { id: "in_1" }, "in_1"],
    ["an invoice of the old shape", "invoice.paid", { id: "in_1", payment_intent: "pi_1" }, "pi_1"],
    ["an invoice under its old event type", "invoice.payment_succeeded", { id: "in_1" }, "in_1"],
    [
      "an invoice payment",
      "invoice_payment.paid",
      {
        id: "inpay_1",
        invoice: "in_1",
        payment: { type: "payment_intent", payment_intent: "pi_1" },
      },
      "pi_1",
    ],
    [
      "an invoice payment by a bare charge",
      "invoice_payment.paid",
      { id: "inpay_1", invoice: "in_1", payment: { type: "charge", charge: "ch_1" } },
      "in_1",
    ],
    [
      "an invoice payment with its invoice expanded",
      "invoice_payment.paid",
      { id: "inpay_1", invoice: { id: "in_1" } },
      "in_1",
    ],
    ["a bank debit", "charge.pending", { id: "py_1", payment_intent: "pi_1" }, "pi_1"],
    [
      "a charge whose bank took it back",
      "charge.failed",
      { id: "py_1", payment_intent: "pi_1", failure_balance_transaction: "txn_2" },
      "pi_1",
    ],
    ["a checkout", "checkout.session.completed", { id: "cs_1", payment_intent: "pi_1" }, "pi_1"],
    [
      "a checkout that makes an invoice",
      "checkout.session.completed",
      { id: "cs_1", payment_intent: null, invoice: "in_1" },
      "cs_1",
    ],
    [
      "a checkout paid later",
      "checkout.session.async_payment_succeeded",
      { id: "cs_1", payment_intent: "pi_1" },
      "pi_1",
    ],
    ["a payout", "payout.created", { id: "po_1" }, "po_1"],
    ["a payout that failed", "payout.failed", { id: "po_1" }, "po_1"],
    ["a payout whose rows are known", "payout.reconciliation_completed", { id: "po_1" }, "po_1"],
    ["a top-up that is taken back", "topup.reversed", { id: "tu_1" }, "tu_1"],
  ])("of %s", (_case, type, object, laneKey) => {
    expect(classifyEvent(anEvent(type, object))).toEqual({ laneKey });
  });

  test("is one and the same for all that speaks of one payment", () => {
    const events = [
      anEvent("charge.succeeded", { id: "ch_1", payment_intent: "pi_1" }),
      anEvent("payment_intent.succeeded", { id: "pi_1" }),
      anEvent("checkout.session.completed", { id: "cs_1", payment_intent: "pi_1" }),
    ];

    const lanes = events.map((event) => classifyEvent(event));

    expect(lanes).toEqual([{ laneKey: "pi_1" }, { laneKey: "pi_1" }, { laneKey: "pi_1" }]);
  });
});

test.each([
  ...["charge.refund.updated", "refund.created", "refund.updated", "refund.failed"],
  ...["created", "updated", "funds_withdrawn", "funds_reinstated", "closed"].map(
    (what) => `charge.dispute.${what}`,
  ),
])("%s belongs to the payment of its charge", (type) => {
  const refund = { id: "re_1", charge: "ch_1" };

  expect(classifyEvent(anEvent(type, refund))).toEqual({ laneKey: "ch_1" });
  expect(classifyEvent(anEvent(type, { ...refund, payment_intent: "pi_1" }))).toEqual({
    laneKey: "pi_1",
  });
});

test("a dispute of which only the hub's own numbers have changed wakes nothing", () => {
  const updated = (previous_attributes: object) => {
    const event = anEvent("charge.dispute.updated", { id: "du_1", payment_intent: "pi_1" });
    return { ...event, data: { ...(event.data as object), previous_attributes } };
  };

  expect(classifyEvent(updated({ metadata: { a: null } }))).toHaveProperty("notApplicable");
  expect(classifyEvent(updated({ metadata: {}, status: "lost" }))).toEqual({ laneKey: "pi_1" });
});

describe("an event that is not worked says why", () => {
  test.each([
    ["refund.created", "It names no charge; its balance rows are found by the sweep"],
    ["charge.dispute.created", "It names no charge; its balance rows are found by the sweep"],
    ["charge.failed", "No money has moved"],
    [
      "payment_intent.amount_capturable_updated",
      "No money has moved yet; the success brings an event of its own",
    ],
    ["payment_intent.canceled", "The payment was cancelled; no money has moved"],
    ["invoice.finalized", "No money has moved"],
    ["transfer.created", "Its money is booked by its balance row, with those of the day"],
    ["application_fee.created", "Its money is booked by its balance row, with those of the day"],
    ["invoice.marked_uncollectible", "Nothing of it is booked before it is paid"],
    ["customer.created", "Events of type customer.created say nothing that is booked"],
    [
      "something.of.the.future",
      "Events of type something.of.the.future say nothing that is booked",
    ],
  ])("%s", (type, reason) => {
    expect(classifyEvent(anEvent(type, { id: "x_1" }))).toEqual({ notApplicable: reason });
  });
});

test("every type that wakes a lane is asked for in the page that sets up an endpoint", () => {
  const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

  expect(WORKED_TYPES.filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
});

describe("a changed customer", () => {
  const changed = (previous_attributes: object | undefined) => {
    const event = anEvent("customer.updated", { id: "cus_1" });
    return { ...event, data: { ...(event.data as object), previous_attributes } };
  };

  test.each([
    ["its name", { name: "Ada" }],
    ["a part of its address beside its metadata", { address: { city: "Bath" }, metadata: {} }],
    ["something that the event does not tell", undefined],
  ])("wakes its own lane for %s", (_case, previous) => {
    expect(classifyEvent(changed(previous))).toEqual({ laneKey: "cus_1" });
  });

  test.each(["created", "updated", "deleted"])("wakes its lane for a tax id that is %s", (what) => {
    const event = anEvent(`customer.tax_id.${what}`, { id: "txi_1", customer: "cus_1" });

    expect(classifyEvent(event)).toEqual({ laneKey: "cus_1" });
  });

  test("wakes nothing for a tax id of the merchant's own", () => {
    const event = anEvent("customer.tax_id.created", { id: "txi_1", customer: null });

    expect(classifyEvent(event)).toEqual({ notApplicable: "It is a tax id of no customer" });
  });

  test("wakes nothing for metadata, which the hub itself writes", () => {
    const ended = { notApplicable: "Nothing of the customer has changed that SL keeps" };

    expect(classifyEvent(changed({ metadata: { DynamicsSL_CustomerID: null } }))).toEqual(ended);
  });
});

describe("a changed payout", () => {
  const changed = (previous_attributes: object) => {
    const event = anEvent("payout.updated", { id: "po_1" });
    return { ...event, data: { ...(event.data as object), previous_attributes } };
  };

  test("wakes its lane for the number that the bank gave it", () => {
    expect(classifyEvent(changed({ trace_id: null, metadata: {} }))).toEqual({ laneKey: "po_1" });
  });

  test("wakes nothing for its metadata", () => {
    expect(classifyEvent(changed({ metadata: { DynamicsSL_BatchNbr: null } }))).toEqual({
      notApplicable: "Nothing of the payout has changed but its metadata",
    });
  });
});

describe("a thin event", () => {
  test("gets a lane of its own, by its event id", () => {
    const event = { id: "evt_7", object: "v2.core.event", type: "v1.charge.succeeded" };

    expect(classifyEvent(event)).toEqual({ laneKey: "thin:evt_7" });
  });

  test("is known by what it lacks, whatever it calls itself", () => {
    const related = { related_object: { id: "ch_1", type: "charge" } };
    const base = { id: "evt_7", object: "event", type: "charge.succeeded" };

    expect(isThinEvent({ ...base, ...related })).toBe(true);
    expect(isThinEvent({ ...base, ...related, data: {} })).toBe(true);
    expect(isThinEvent({ ...base, ...related, data: { object: { id: "ch_1" } } })).toBe(false);
    expect(isThinEvent(base)).toBe(false);
  });

  test("names the object that it is related to", () => {
    const event = {
      id: "evt_7",
      object: "v2.core.event",
      type: "x",
      related_object: { id: "ch_1" },
    };

    expect(objectIdOf(event)).toBe("ch_1");
  });
});

test.each([
  ["no object", undefined],
  ["an object without an id", {}],
  ["an id that is a number", { id: 5 }],
  ["an id with a line break", { id: "pi_1\n" }],
  ["an id that is too long", { id: "p".repeat(256) }],
])("an event to work on with %s is refused", (_case, object) => {
  expect(() => classifyEvent(anEvent("payment_intent.succeeded", object))).toThrow(
    expect.objectContaining({ code: "intake.body_invalid" }),
  );
});

test("whatever an event holds, its lane is a valid key or it is refused with our code", () => {
  const types = fc.constantFrom(
    ...["charge.succeeded", "payment_intent.succeeded", "invoice.paid", "invoice_payment.paid"],
    ...["checkout.session.completed", "refund.created", "x"],
  );
  const object = fc.object({
    key: fc.constantFrom("id", "payment_intent", "invoice", "payment", "x"),
    values: [fc.string(), fc.integer(), fc.constant(null), fc.boolean()],
  });

  const property = fc.property(types, object, (type, content) => {
    let laneKey: string | undefined;
    try {
      const meaning = classifyEvent(anEvent(type, content));
      laneKey = "laneKey" in meaning ? meaning.laneKey : "none";
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: "intake.body_invalid" });
      return;
    }
    expect(laneKey).toMatch(/^[A-Za-z0-9_.:-]{1,255}$/);
  });

  fc.assert(property);
});

const hasPayloads = existsSync(PAYLOADS);
if (!hasPayloads) console.log("skipped: the captured payloads are not on this machine");

test.skipIf(!hasPayloads)("every captured payload has a meaning", () => {
  const files = readdirSync(PAYLOADS).filter((name) => name.endsWith(".json"));

  const meanings = files.map((name) => {
    const event = JSON.parse(readFileSync(new URL(name, PAYLOADS), "utf8")) as EventHead;
    return [event.type, classifyEvent(event)] as const;
  });

  const lanes = meanings.filter(([, meaning]) => "laneKey" in meaning);
  expect(Object.fromEntries(lanes)).toMatchObject({
    "charge.succeeded": { laneKey: "pi_3KtQThJDPojXS6LN0H9EfsjV" },
    "invoice.paid": { laneKey: "in_1KJqKBJDPojXS6LNJbvLUgEy" },
    "invoice_payment.paid": { laneKey: "pi_103Q0w2eZvKYlo2C364X582Z" },
    "checkout.session.completed": { laneKey: "pi_1IqxJOJDPojXS6LN9uOebAea" },
  });
});
