import { expect, test } from "vitest";
import { type SyncControl, syncControl } from "./sync.ts";
import { aPayment, aSale, someSettings } from "./testing/builders.ts";

/** The metadata of one object that says the word. */
const says = (objectId: string, word: string) => ({ objectId, metadata: { slipway_sync: word } });
const silent = (objectId: string) => ({ objectId, metadata: {} });

function controlOf(
  perPayment: readonly (readonly ReturnType<typeof says | typeof silent>[])[],
  ofSale: readonly ReturnType<typeof says | typeof silent>[] = [],
  settings = someSettings(),
): SyncControl | undefined {
  const payments = perPayment.map((sources, nr) => aPayment({ chargeId: `ch_${nr}`, sources }));
  return syncControl(aSale({ payments, sources: ofSale }), payments, settings);
}

test.each([
  ["the charge over all others", [says("ch_0", "skip"), says("pi_1", "hold")], "ch_0", "skip"],
  ["the PaymentIntent over the invoice", [silent("ch_0"), says("pi_1", "hold")], "pi_1", "hold"],
  ["the invoice over the customer", [silent("ch_0"), silent("pi_1")], "in_1", "skip"],
] as const)("the word is taken of %s", (...row) => {
  const [, sources, objectId, word] = row;

  const control = controlOf([sources], [says("in_1", "skip"), says("cus_1", "hold")]);

  expect(control).toEqual({ word, objectId });
});

test.each(["", "  ", "force", " FORCE "])("%j asks for nothing", (word) => {
  expect(controlOf([[says("ch_0", word)]])).toBeUndefined();
});

test("an emptied word lets the next object speak", () => {
  const control = controlOf([[says("ch_0", ""), says("pi_1", " Hold ")]]);

  expect(control).toEqual({ word: "hold", objectId: "pi_1" });
});

test("force on the charge overrides a hold of the customer", () => {
  expect(controlOf([[says("ch_0", "force")]], [says("cus_1", "hold")])).toBeUndefined();
});

test("a sale without payments is asked of its invoice", () => {
  const control = controlOf([], [says("in_1", "skip")]);

  expect(control).toEqual({ word: "skip", objectId: "in_1" });
});

test("one payment on hold makes all wait", () => {
  const control = controlOf([[says("ch_0", "skip")], [says("ch_1", "hold")]]);

  expect(control).toEqual({ word: "hold", objectId: "ch_1" });
});

test("a skip that the other payment does not share is for a person", () => {
  const disagree = () => controlOf([[says("ch_0", "skip")], [silent("ch_1")]]);

  expect(disagree).toThrow(expect.objectContaining({ code: "mapping.sync_word" }));
});

test("an unknown word parks and is named with its object", () => {
  const unknown = () => controlOf([[says("ch_0", "later")]]);

  expect(unknown).toThrow(/slipway_sync of ch_0 is "later"/);
});

test("the key is the one of the settings", () => {
  const settings = someSettings({ "metadata.sync": "erp_sync" });

  expect(controlOf([[says("ch_0", "hold")]], [], settings)).toBeUndefined();
});
