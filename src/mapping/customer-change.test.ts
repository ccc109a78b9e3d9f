import fc from "fast-check";
import { expect, test } from "vitest";
import type { CustomerTexts } from "../erp/port.ts";
import { nextBase, planCustomerChange } from "./customer-change.ts";

const FIELDS = ["name", "address", "email", "phone"] as const;

const ADA: CustomerTexts = {
  name: "Ada Lovelace",
  addressLine1: "1 Main St",
  addressLine2: "",
  city: "Austin",
  state: "TX",
  zip: "78701",
  country: "US",
  email: "ada@example.com",
  phone: "555",
};
const BOTH = { sl: ADA, stripe: ADA };
const with_ = (change: Partial<CustomerTexts>): CustomerTexts => ({ ...ADA, ...change });

test("what Stripe alone has changed is written, an address as a whole", () => {
  const now = { sl: ADA, stripe: with_({ city: "Dallas", zip: "75201" }) };

  const plan = planCustomerChange(now, BOTH, FIELDS);

  expect(plan.conflicts).toEqual([]);
  expect(plan.change).toEqual({
    addressLine1: "1 Main St",
    addressLine2: "",
    city: "Dallas",
    state: "TX",
    zip: "75201",
    country: "US",
  });
});

test("a value of ours that comes back, and one that SL alone has changed, are left", () => {
  const echo = { sl: with_({ name: "Ada King" }), stripe: with_({ name: "Ada King" }) };
  const mended = { sl: with_({ name: "Countess of Lovelace" }), stripe: ADA };

  expect(planCustomerChange(echo, BOTH, FIELDS)).toMatchObject({ change: {}, conflicts: [] });
  expect(planCustomerChange(mended, BOTH, FIELDS)).toMatchObject({ change: {}, conflicts: [] });
});

test("what both have changed is a conflict that tells all three values", () => {
  const now = { sl: with_({ phone: "777" }), stripe: with_({ phone: "888", name: "Ada King" }) };

  const plan = planCustomerChange(now, BOTH, FIELDS);

  expect(plan.change).toEqual({ name: "Ada King" });
  expect(plan.conflicts).toEqual([{ field: "phone", inSl: "777", atStripe: "888", before: "555" }]);
});

test("without a memory every difference is a conflict", () => {
  const now = { sl: ADA, stripe: with_({ email: "king@example.com" }) };

  const plan = planCustomerChange(now, undefined, FIELDS);

  expect(plan.conflicts.map(({ field }) => field)).toEqual(["email"]);
  expect(plan.settled).toEqual(["name", "address", "phone"]);
});

test("what is empty at Stripe erases nothing in SL", () => {
  const now = { sl: ADA, stripe: with_({ phone: "", email: " " }) };

  expect(planCustomerChange(now, BOTH, FIELDS)).toMatchObject({ change: {}, conflicts: [] });
});

test("fields that the setting does not name are never touched", () => {
  const now = { sl: ADA, stripe: with_({ phone: "888", email: "king@example.com" }) };

  expect(planCustomerChange(now, BOTH, ["email"]).change).toEqual({ email: "king@example.com" });
});

/** Two people who change a few values by turns, and the hub that looks at any moment. */
const value = fc.constantFrom("A", "B", "C", "D");
const step = fc.record({ who: fc.constantFrom("sl", "stripe", "hub"), name: value, email: value });

test("however both sides change and the hub looks, no change of a person in SL is lost", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let now = { sl: ADA, stripe: ADA };
      let base = BOTH;
      let typedInSl: Partial<CustomerTexts> = {};
      for (const { who, name, email } of steps) {
        if (who === "sl") {
          now = { ...now, sl: { ...now.sl, name, email } };
          typedInSl = { name, email };
        } else if (who === "stripe") now = { ...now, stripe: { ...now.stripe, name, email } };
        else {
          const plan = planCustomerChange(now, base, FIELDS);
          for (const text of Object.keys(plan.change) as (keyof CustomerTexts)[]) {
            // Written over is only what the hub has seen before as it stands.
            expect(now.sl[text]).toBe(base.sl[text]);
            if (typedInSl[text] !== undefined) expect(typedInSl[text]).toBe(base.sl[text]);
          }
          now = { ...now, sl: { ...now.sl, ...plan.change } };
          const open = plan.conflicts.map(({ field }) => field);
          base = nextBase(
            now,
            base,
            FIELDS.filter((field) => !open.includes(field)),
          );
          // A second look right after the first finds nothing more to write.
          expect(planCustomerChange(now, base, FIELDS).change).toEqual({});
        }
      }
    }),
  );
});
