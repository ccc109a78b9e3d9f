import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CustomerPlan,
  type FollowedTexts,
  nextBase,
  planCustomerChange,
  type SaidBefore,
} from "./customer-change.ts";

const FIELDS = ["name", "address", "email", "phone", "tax-id"] as const;

const ADA: FollowedTexts = {
  name: "Ada Lovelace",
  addressLine1: "1 Main St",
  addressLine2: "",
  city: "Austin",
  state: "TX",
  zip: "78701",
  country: "US",
  email: "ada@example.com",
  phone: "555",
  taxNumber: "DE123",
};
const BOTH = { sl: ADA, stripe: ADA };
const with_ = (change: Partial<FollowedTexts>): FollowedTexts => ({ ...ADA, ...change });

/** What is to be written, and what a person is to decide. */
const askedFor = ({ change, conflicts }: CustomerPlan) => ({ change, conflicts });
const NOTHING = { change: {}, conflicts: [] };

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

  expect(askedFor(planCustomerChange(echo, BOTH, FIELDS))).toEqual(NOTHING);
  expect(askedFor(planCustomerChange(mended, BOTH, FIELDS))).toEqual(NOTHING);
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
  expect(plan.agreed).toEqual(["name", "address", "phone", "tax-id"]);
});

test("a value that SL alone changed is a conflict once Stripe changes too", () => {
  const typed = { sl: with_({ name: "Hopper Ltd" }), stripe: ADA };
  const first = planCustomerChange(typed, BOTH, FIELDS);
  const base = nextBase(typed, BOTH, { agreed: first.agreed, decided: [] });

  const later = { ...typed, stripe: with_({ name: "Ada King" }) };
  const second = planCustomerChange(later, base, FIELDS);
  const after = nextBase(later, base, { agreed: second.agreed, decided: ["name"] });
  const third = { ...later, stripe: with_({ name: "Ada Byron" }) };

  expect(second.change).toEqual({});
  expect(second.conflicts.map(({ field }) => field)).toEqual(["name"]);
  expect(planCustomerChange(later, after, FIELDS).conflicts).toEqual([]);
  expect(planCustomerChange(third, after, FIELDS)).toMatchObject({
    conflicts: [{ before: "Ada Lovelace" }],
  });
});

test("what is empty at Stripe erases nothing in SL", () => {
  const now = { sl: ADA, stripe: with_({ phone: "", email: " " }) };

  expect(askedFor(planCustomerChange(now, BOTH, FIELDS))).toEqual(NOTHING);
});

test("fields that the setting does not name are never touched", () => {
  const now = { sl: ADA, stripe: with_({ phone: "888", email: "king@example.com" }) };

  expect(planCustomerChange(now, BOTH, ["email"]).change).toEqual({ email: "king@example.com" });
});

test("a tax number that Stripe has no more is taken away only where the hub has written it", () => {
  const now = { sl: ADA, stripe: with_({ taxNumber: "" }) };

  expect(planCustomerChange({ ...now, isTaxNumberOurs: true }, BOTH, FIELDS)).toEqual({
    change: { taxNumber: "" },
    conflicts: [],
    agreed: FIELDS,
  });
  expect(askedFor(planCustomerChange(now, BOTH, FIELDS))).toEqual(NOTHING);
});

test("a new tax number is written, but not over one that a person has typed in SL", () => {
  const stripe = with_({ taxNumber: "DE456" });
  const typed = { sl: with_({ taxNumber: "DE789" }), stripe };

  expect(planCustomerChange({ sl: ADA, stripe }, BOTH, FIELDS).change).toEqual({
    taxNumber: "DE456",
  });
  expect(askedFor(planCustomerChange(typed, BOTH, FIELDS))).toEqual({
    change: {},
    conflicts: [{ field: "tax-id", inSl: "DE789", atStripe: "DE456", before: "DE123" }],
  });
});

test("a memory from before tax numbers followed knows nothing of them", () => {
  const { taxNumber: _, ...texts } = ADA;
  const now = { sl: with_({ taxNumber: "" }), stripe: ADA };

  const plan = planCustomerChange(now, { sl: texts, stripe: texts }, FIELDS);

  expect(plan.change).toEqual({});
  expect(plan.conflicts).toMatchObject([{ field: "tax-id", before: "" }]);
});

/** Two people who change a few values by turns, and the hub that looks at any moment. */
const value = fc.constantFrom("A", "B", "C", "D");
const step = fc.record({ who: fc.constantFrom("sl", "stripe", "hub"), name: value, email: value });

test("however both sides change and the hub looks, no change of a person in SL is lost", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let now = { sl: ADA, stripe: ADA };
      let base: SaidBefore = BOTH;
      let typedInSl: { name?: string | undefined; email?: string | undefined } = {};
      for (const { who, name, email } of steps) {
        if (who === "sl") {
          now = { ...now, sl: { ...now.sl, name, email } };
          // Whoever types what stands there already has changed nothing.
          typedInSl = {
            name: name === base.sl.name ? undefined : name,
            email: email === base.sl.email ? undefined : email,
          };
        } else if (who === "stripe") now = { ...now, stripe: { ...now.stripe, name, email } };
        else {
          const plan = planCustomerChange(now, base, FIELDS);
          for (const text of Object.keys(plan.change) as (keyof FollowedTexts)[]) {
            // Written over is only what the hub has written or both have agreed on.
            expect(now.sl[text]).toBe(base.sl[text]);
            expect(text === "name" || text === "email" ? typedInSl[text] : undefined).toBe(
              undefined,
            );
          }
          now = { ...now, sl: { ...now.sl, ...plan.change } };
          base = nextBase(now, base, { agreed: plan.agreed, decided: [] });
          if (plan.agreed.includes("name")) typedInSl.name = undefined;
          if (plan.agreed.includes("email")) typedInSl.email = undefined;
          // A second look right after the first finds nothing more to write.
          expect(planCustomerChange(now, base, FIELDS).change).toEqual({});
        }
      }
    }),
  );
});
