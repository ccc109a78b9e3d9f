import { expect, test } from "vitest";
import { type SyncControl, syncControl } from "./sync.ts";
import { aPayment, aSale, someSettings } from "./testing/builders.ts";

type Source = Readonly<{ objectId: string; metadata: Record<string, string> }>;

/** The metadata of one object that says the word. */
const says = (objectId: string, word: string): Source => ({
  objectId,
  metadata: { slipway_sync: word },
});

/** What is asked of so many payments, `ch_0` of `pi_0` and so on, by these objects. */
function controlOf(
  count: number,
  metadataSources: readonly Source[],
  settings = someSettings(),
): SyncControl | undefined {
  const payments = Array.from({ length: count }, (_, nr) =>
    aPayment({ chargeId: `ch_${nr}`, paymentIntentId: `pi_${nr}` }),
  );
  return syncControl(aSale({ payments, metadataSources }), payments, settings);
}

test.each([
  ["the charge over all others", says("ch_0", "skip"), says("pi_0", "hold")],
  ["the PaymentIntent over the invoice", says("pi_0", "hold"), says("in_1", "skip")],
  ["the invoice over the customer", says("in_1", "skip"), says("cus_1", "hold")],
])("the word is taken of %s", (_name, stronger, weaker) => {
  const control = controlOf(1, [stronger, weaker]);

  expect(control).toEqual({ word: stronger.metadata.slipway_sync, objectId: stronger.objectId });
});

test.each(["", "  "])("%j asks for nothing", (word) => {
  expect(controlOf(1, [says("ch_0", word)])).toBeUndefined();
});

test("an emptied word lets the next object speak", () => {
  const control = controlOf(1, [says("ch_0", ""), says("pi_0", " Hold ")]);

  expect(control).toEqual({ word: "hold", objectId: "pi_0" });
});

test("force on the charge overrides a hold of the customer", () => {
  const control = controlOf(1, [says("ch_0", " FORCE "), says("cus_1", "hold")]);

  expect(control).toEqual({ word: "force", objectId: "ch_0" });
});

test("a sale without payments is asked of its invoice", () => {
  const control = controlOf(0, [says("in_1", "skip")]);

  expect(control).toEqual({ word: "skip", objectId: "in_1" });
});

test("one payment on hold makes all wait", () => {
  const control = controlOf(2, [says("ch_0", "skip"), says("pi_1", "hold")]);

  expect(control).toEqual({ word: "hold", objectId: "pi_1" });
});

test("payments that share a skip are skipped, whichever object says it", () => {
  const control = controlOf(2, [says("ch_0", "skip"), says("in_1", "skip")]);

  expect(control).toMatchObject({ word: "skip" });
});

test("a skip that the other payment does not share is for a person", () => {
  const disagree = () => controlOf(2, [says("ch_0", "skip")]);

  expect(disagree).toThrow(expect.objectContaining({ code: "mapping.sync_word" }));
});

test("what is booked already has no say for what is still open", () => {
  const payments = [0, 1].map((nr) =>
    aPayment({ chargeId: `ch_${nr}`, paymentIntentId: undefined }),
  );
  const sale = aSale({ payments, metadataSources: [says("ch_0", "hold")] });

  expect(syncControl(sale, payments.slice(1), someSettings())).toBeUndefined();
});

test("an unknown word parks and is named with its object", () => {
  const unknown = () => controlOf(1, [says("ch_0", "later")]);

  expect(unknown).toThrow(/slipway_sync of ch_0 is "later"/);
});

test("the key is the one of the settings", () => {
  const settings = someSettings({ "metadata.sync": "erp_sync" });

  expect(controlOf(1, [says("ch_0", "hold")], settings)).toBeUndefined();
});
