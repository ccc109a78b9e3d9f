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

it("making and taking away a tax id brings an event of its own with the tax id", async () => {
  const bench = await openWorkbench();
  const { id } = await bench.stripe.customers.create({ name: "Ada" });

  const made = await bench.stripe.customers.createTaxId(id, { type: "eu_vat", value: "DE1" });
  const gone = await bench.stripe.customers.deleteTaxId(id, made.id);
  const again = bench.stripe.customers.retrieveTaxId(id, made.id);

  await expect(again).rejects.toMatchObject({ code: "resource_missing" });
  expect(gone).toMatchObject({ id: made.id, deleted: true });
  const types = ["customer.tax_id.created", "customer.tax_id.deleted"];
  const { data } = await bench.stripe.events.list({ types });
  expect(data.map(({ type, data: { object } }) => [type, object])).toMatchObject([
    ["customer.tax_id.deleted", { id: made.id, object: "tax_id", customer: id, value: "DE1" }],
    ["customer.tax_id.created", { id: made.id, customer: id }],
  ]);
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
