import { expect, it } from "vitest";
import { openWorkbench, pay } from "./workbench.ts";

it("tax ids come with the customer only where they are asked for", async () => {
  const bench = await openWorkbench();
  const tax_id_data = [{ type: "eu_vat" as const, value: "DE123456789" }];
  const { id } = await bench.stripe.customers.create({ tax_id_data });

  await bench.stripe.customers.createTaxId(id, { type: "us_ein", value: "12-3456789" });

  const plain = await bench.stripe.customers.retrieve(id);
  const full = await bench.stripe.customers.retrieve(id, { expand: ["tax_ids"] });
  const listed = await bench.stripe.customers.listTaxIds(id);
  expect("tax_ids" in plain).toBe(false);
  expect(full).toMatchObject({ tax_ids: { data: [{ type: "us_ein" }, { type: "eu_vat" }] } });
  expect(listed.data.map(({ value }) => value)).toEqual(["12-3456789", "DE123456789"]);
});

it("tax ids come with the customer of a PaymentIntent", async () => {
  const bench = await openWorkbench();
  const tax_id_data = [{ type: "eu_vat" as const, value: "DE123456789" }];
  const customer = await bench.stripe.customers.create({ tax_id_data });
  const { intent: paid } = await pay(bench.stripe, { customer: customer.id });

  const intent = await bench.stripe.paymentIntents.retrieve(paid.id, {
    expand: ["customer.tax_ids"],
  });

  expect(intent.customer).toMatchObject({ tax_ids: { data: [{ value: "DE123456789" }] } });
});
