import { expect, test } from "vitest";
import { mapShipTo, shipToLine } from "./ship-to.ts";
import { aCustomer, aSale, someSettings } from "./testing/builders.ts";

const address = {
  line1: "5 Harbour Rd",
  line2: "",
  city: "Boston",
  state: "Massachusetts",
  postalCode: "02110",
  country: "US",
};

function map(change: Partial<typeof address> = {}, customer = aCustomer(), name = "Grace Hopper") {
  const shipTo = { name, phone: "", address: { ...address, ...change } };
  return mapShipTo(aSale({ shipTo }), customer, someSettings());
}

test("an address gets an id of 10 characters that it always gets", () => {
  const first = map();

  expect(first).toMatchObject({ customerId: "C300", state: "MA", description: "Boston, US" });
  expect(first?.shipToId).toMatch(/^S[A-Z2-7]{9}$/);
  expect(map({ line1: "5 HARBOUR RD", city: " boston" })?.shipToId).toBe(first?.shipToId);
  expect(map({ state: "MA" })?.shipToId).toBe(first?.shipToId);
});

test.each([
  ["another street", () => map({ line1: "6 Harbour Rd" })],
  ["another recipient", () => map({}, aCustomer(), "Ada Lovelace")],
])("%s is another address", (_name, other) => {
  expect(other()?.shipToId).not.toBe(map()?.shipToId);
});

test("the customer's own address needs no other, nor does a sale that ships nothing", () => {
  const own = { addressLine1: "5 Harbour Rd", city: "Boston", state: "MA", zip: "02110" };
  const customer = aCustomer({ name: "grace hopper", country: "US", ...own });

  expect(map({}, customer)).toBeUndefined();
  expect(mapShipTo(aSale(), aCustomer(), someSettings())).toBeUndefined();
});

test("a ship-to is one line for notes and fields", () => {
  expect(shipToLine({ name: "Grace", phone: "", address })).toBe(
    "Grace, 5 Harbour Rd, Boston, Massachusetts 02110, US",
  );
});
