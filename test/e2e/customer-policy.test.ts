import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, expectParked, expectParkedUnbooked, resume, trimmed } from "./books.ts";
import { aCustomer, checkOut, pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

afterEach(async () => {
  await world.slAdmin("/faults", undefined, "DELETE");
});

type Review = Row &
  Readonly<{ id: string; version: number; candidates: Row[]; reasons: Row[]; waiting: number }>;

async function setCustomer(value: Readonly<Record<string, unknown>>): Promise<void> {
  await world.set("customer", { class: "RETAIL", ...value });
}

async function reviewOf(parked: Row): Promise<Review> {
  const { review } = parked.facts as { review: string };
  return world.api<Review>(`/api/customers/review/${review}`);
}

function decide(review: Review, way: "link" | "create", body: object): Promise<Row> {
  const path = `/api/customers/review/${review.id}/${way}`;
  const seen = { version: review.version, by: "Ada", ...body };
  return world.api<Row>(path, { method: "POST", body: seen });
}

async function slCustomer(customerId: string): Promise<Row> {
  const rows = await world.slRows("Customer");
  return rows.find((row) => trimmed(row.CustId) === customerId) ?? {};
}

const setInSl = (customerId: string, set: object) =>
  world.slAdmin("/rows", { table: "Customer", where: { CustId: customerId }, set });

/** The runs of the customer's own lane, newest first. */
async function customerRuns(customerId: string): Promise<Row[]> {
  return (await world.api<{ rows: Row[] }>(`/api/runs?lane=${customerId}`)).rows;
}

async function change(id: string, fields: Stripe.CustomerUpdateParams): Promise<Row> {
  const before = (await customerRuns(id)).length;
  await world.stripe.customers.update(id, fields);
  return until("the customer's run", async () => {
    const runs = await customerRuns(id);
    return runs.length > before && runs[0]?.outcome !== "waiting" ? runs[0] : undefined;
  });
}

test("a stranger is linked by a person from the review list, and all its runs go on", async () => {
  await setCustomer({ policy: "match-or-park" });
  const stranger = await aCustomer(world, { name: "Bayside Books" });
  const orders = [await pay(world, 1_100, { customer: stranger.id })];
  orders.push(await pay(world, 1_150, { customer: stranger.id }));
  const [parked] = await Promise.all(
    orders.map((order) => expectParkedUnbooked(world, order, "mapping.customer_unknown")),
  );

  const review = await reviewOf(parked ?? {});
  const listed = await world.api<{ rows: Review[] }>("/api/customers/review");
  const body = { pair: world.pair };
  const doctor = await world.api<{ checks: Row[] }>("/api/doctor", { method: "POST", body });
  const stale = decide({ ...review, version: review.version + 1 }, "link", { customerId: "C301" });
  await expect(stale).rejects.toThrow(/conflict.version/);
  await expect(decide(review, "link", { customerId: "C302" })).rejects.toThrow(/inactive/);
  await decide(review, "link", { customerId: "C301" });

  for (const order of orders) {
    expect((await expectBookedOnce(world, order)).customerId).toBe("C301");
  }
  expect(listed.rows.map(({ id, waiting }) => [id, waiting])).toEqual([[review.id, 2]]);
  expect(doctor.checks.find(({ name }) => name === "customer.review")?.text).toContain("1 buyer");
  expect(review.reasons.map(({ code }) => code)).toEqual(["no-match", "same-name"]);
  expect(review.candidates).toMatchObject([{ customerId: "C301", status: "active" }]);
  expect(String(parked?.cure)).toContain(`slipway customers review show ${review.id}`);
});

test("a person may have a customer made, whatever the policy", async () => {
  await setCustomer({ policy: "match-or-park" });
  const stranger = await aCustomer(world, { name: "Nobody Yet" });
  const order = await pay(world, 1_200, { customer: stranger.id });
  const parked = await expectParkedUnbooked(world, order, "mapping.customer_unknown");

  const preview = await decide(await reviewOf(parked), "create", { dryRun: true });
  await decide(await reviewOf(parked), "create", {});

  const { customerId } = await expectBookedOnce(world, order);
  expect(String(preview.effects)).toContain(`a customer is made in SL for ${stranger.id}`);
  expect(trimmed((await slCustomer(customerId)).User1)).toBe(stranger.id);
});

test("an inactive hit is for a person under policy create too", async () => {
  await setCustomer({ policy: "create" });
  const email = `${randomUUID()}@example.com`;
  await setInSl("C302", { EMailAddr: email });
  const order = await pay(world, 1_300, { customer: (await aCustomer(world, { email })).id });
  const parked = await expectParkedUnbooked(world, order, "mapping.customer_blocked");

  const review = await reviewOf(parked);
  await decide(review, "create", {});

  expect(review.candidates).toMatchObject([{ customerId: "C302", status: "inactive" }]);
  const { customerId } = await expectBookedOnce(world, order);
  expect(customerId).not.toBe("C302");
  const again = await pay(world, 1_301, { customer: String(review.object) });
  expect((await expectBookedOnce(world, again)).customerId).toBe(customerId);
});

test("a review that is settled in SL leaves the list", async () => {
  await setCustomer({ policy: "match-or-park" });
  const stranger = await aCustomer(world);
  const order = await pay(world, 1_350, { customer: stranger.id });
  await expectParkedUnbooked(world, order, "mapping.customer_unknown");

  await setInSl("C300", { EMailAddr: stranger.email ?? "" });
  await resume(world, order);
  await expectBookedOnce(world, order);

  const { rows } = await world.api<{ rows: Review[] }>("/api/customers/review");
  expect(rows.filter(({ object }) => object === stranger.id)).toEqual([]);
});

test("class, terms and tax id of a new customer follow the rules", async () => {
  await setCustomer({
    classes: [{ when: { country: "DE" }, class: "COMM", terms: "30" }],
    "tax-id": { to: "TaxRegNbr", types: ["eu_vat"] },
  });
  const address = { country: "DE", city: "Berlin" };
  const tax_id_data = [{ type: "eu_vat" as const, value: "DE123456789" }];
  const customer = (await aCustomer(world, { address, tax_id_data })).id;

  const { customerId } = await expectBookedOnce(world, await pay(world, 1_400, { customer }));

  const row = await slCustomer(customerId);
  expect([row.ClassId, row.Terms, row.TaxRegNbr].map(trimmed)).toEqual([
    "COMM",
    "30",
    "DE123456789",
  ]);
});

test("with one customer for all, shopper and ship-to stay on the document", async () => {
  await setCustomer({ policy: "one-customer", named: "WEBSHOP" });
  const fields = [{ from: "ship-to.address", to: "Invoice.User6" }];
  await world.set("fields.to-sl", fields);
  const shipping = {
    name: "Grace Hopper",
    address: { line1: "5 Harbour Rd", city: "Boston", postal_code: "02110", country: "US" },
  };
  const order = await pay(world, 1_500, { shipping });
  await expectBookedOnce(world, order);

  const documents = await world.slRows("ARDoc");
  const invoice = documents.find((row) => trimmed(row.User1) === order.id && row.DocType === "IN");
  const notes = await world.slRows("Snote");
  const note = String(notes.find((row) => row.nID === invoice?.NoteId)?.sNoteText);
  expect(note).toMatch(/Shopper: Grace Hopper, .+@example\.com/);
  expect(note).toContain("Ship to: Grace Hopper, 5 Harbour Rd, Boston, 02110, US");
  expect(trimmed(invoice?.User6)).toBe("5 Harbour");
  await world.set("fields.to-sl", []);
});

test("a ship-to address is added once to the customer, however often it is used", async () => {
  await setCustomer({ "ship-to": "sl" });
  const customer = (await aCustomer(world)).id;
  const address = { line1: "7 Pier St", city: "Boston", state: "MA", country: "US" };
  const shipTo = (line1: string) => ({
    customer,
    shipping: { name: "Grace Hopper", address: { ...address, line1 } },
  });
  const first = await expectBookedOnce(world, await pay(world, 1_600, shipTo("7 Pier St")));
  await expectBookedOnce(world, await pay(world, 1_601, shipTo("7 PIER ST")));
  await world.slAdmin("/faults", {
    match: { service: "customerMaintenance", operation: "editSOAddress" },
    effect: { kind: "drop", commit: "first" },
    times: 1,
  });
  await expectBookedOnce(world, await pay(world, 1_602, shipTo("8 Pier St")));

  const rows = await world.slRows("SOAddress");
  const mine = rows.filter((row) => trimmed(row.CustId) === first.customerId);
  expect(mine.map((row) => trimmed(row.Addr1)).sort()).toEqual(["", "7 Pier St", "8 Pier St"]);
});

const FOLLOW = { updates: ["name", "address", "email"] };

/** A lane of a customer, where what is asked for is the lane of an order. */
const lane = (id: string) => ({ id, chargeIds: [], total: 0 });

/** A customer that the hub has made, with the order that made it. */
async function aMade(fields: Stripe.CustomerCreateParams = {}) {
  const { id } = await aCustomer(world, fields);
  const { customerId } = await expectBookedOnce(world, await pay(world, 1_700, { customer: id }));
  return { id, customerId };
}

test("a new name and address at Stripe come to the customer that the hub made", async () => {
  await setCustomer(FOLLOW);
  const { id, customerId } = await aMade();

  const run = await change(id, {
    name: "Grace B. Hopper",
    address: { city: "Reno", country: "US" },
  });
  const echo = await change(id, { name: "Grace B. Hopper", phone: "555" });

  const row = await slCustomer(customerId);
  expect(run).toMatchObject({ outcome: "booked", kind: "customer" });
  expect([row.Name, row.BillName, row.City, row.Phone].map(trimmed)).toEqual([
    "Grace B. Hopper",
    "Grace B. Hopper",
    "Reno",
    "",
  ]);
  expect(String(echo.reason)).toContain("nothing of SL customer");
});

test("a value that a person changed in SL is not written over but shown", async () => {
  await setCustomer(FOLLOW);
  const { id, customerId } = await aMade();
  await setInSl(customerId, { Name: "Hopper Consulting" });

  await change(id, { name: "Grace Murray", email: `${randomUUID()}@example.com` });
  const parked = await expectParked(world, lane(id), "conflict.customer_changed");
  const row = await slCustomer(customerId);
  await setInSl(customerId, { Name: "Grace Murray" });
  await resume(world, lane(id));
  await until("the conflict to be over", async () => {
    const runs = await customerRuns(id);
    return runs[0]?.outcome === "not_applicable";
  });

  expect(trimmed(row.Name)).toBe("Hopper Consulting");
  expect(trimmed(row.EMailAddr)).toContain("@example.com");
  expect(String(parked.reason)).toContain(
    'name: "Hopper Consulting" in SL, "Grace Murray" at Stripe',
  );
});

const FOLLOW_TAX = { updates: ["tax-id"], "tax-id": { to: "TaxRegNbr", types: ["eu_vat"] } };

/** Does one thing to a customer's tax ids, and gives the customer's next run that is over. */
async function changeTaxIds(id: string, act: () => Promise<unknown>): Promise<Row> {
  const before = (await customerRuns(id)).length;
  await act();
  return until("the customer's run after its tax ids changed", async () => {
    const runs = await customerRuns(id);
    return runs.length > before && runs[0]?.outcome !== "waiting" ? runs[0] : undefined;
  });
}

test("the tax id of a customer follows Stripe, and one that was typed in SL stays", async () => {
  await setCustomer(FOLLOW_TAX);
  const { customers } = world.stripe;
  const { id, customerId } = await aMade();
  const taxNumber = async () => trimmed((await slCustomer(customerId)).TaxRegNbr);
  const add = (type: "eu_vat" | "us_ein", value: string) =>
    changeTaxIds(id, () => customers.createTaxId(id, { type, value }));
  const takeAway = async (value: string) => {
    const { data } = await customers.listTaxIds(id);
    const gone = data.find((one) => one.value === value)?.id ?? "";
    return changeTaxIds(id, () => customers.deleteTaxId(id, gone));
  };
  const seen: string[] = [];

  const made = await add("eu_vat", "DE 111 222 333");
  seen.push(await taxNumber());
  const unwanted = await add("us_ein", "12-3456789");
  seen.push(await taxNumber());
  await takeAway("DE 111 222 333");
  seen.push(await taxNumber());
  await setInSl(customerId, { TaxRegNbr: "DE999" });
  const parked = await add("eu_vat", "DE444555666");
  seen.push(await taxNumber());
  const over = await takeAway("DE444555666");
  seen.push(await taxNumber());

  expect(made).toMatchObject({ outcome: "booked", kind: "customer" });
  expect(String(unwanted.reason)).toContain("nothing of SL customer");
  expect(parked.outcome).toBe("parked");
  expect(String(parked.reason)).toContain('tax-id: "DE999" in SL, "DE444555666" at Stripe');
  expect(over.outcome).toBe("not_applicable");
  expect(seen).toEqual(["DE111222333", "DE111222333", "", "DE999", "DE999"]);
});

test("a change whose answer is lost is found in SL and not sent again", async () => {
  await setCustomer(FOLLOW);
  const { id, customerId } = await aMade();
  await world.slAdmin("/faults", {
    match: { service: "customerMaintenance", actionType: "UPDATE" },
    effect: { kind: "drop", commit: "first" },
    times: 1,
  });

  await change(id, { name: "Lost Answer" });
  await until(
    "the change to be settled",
    async () => (await customerRuns(id))[0]?.outcome !== "waiting",
  );

  expect(trimmed((await slCustomer(customerId)).Name)).toBe("Lost Answer");
  const attempts = await world.sql(
    `select a.outcome from attempt a join intent i on i.pair = a.pair and i.key = a.key
     where i.object = $1 and i.purpose = 'customer-update'`,
    [id],
  );
  expect(attempts).toEqual([{ outcome: "found" }]);
});

test("customers that the hub did not make are left alone unless the setting says so", async () => {
  const email = `${randomUUID()}@example.com`;
  await setInSl("C301", { EMailAddr: email });
  await setCustomer(FOLLOW);
  const { id } = await aCustomer(world, { email, name: "Bayside" });
  await expectBookedOnce(world, await pay(world, 1_800, { customer: id }));

  const left = await change(id, { name: "Bayside Books Ltd" });
  await setCustomer({ ...FOLLOW, "updates-of": "linked" });
  const written = await change(id, { name: "Bayside Books Limited" });

  expect(String(left.reason)).toContain("was not made by the hub");
  expect(written.outcome).toBe("booked");
  expect(trimmed((await slCustomer("C301")).Name)).toBe("Bayside Books Limited");
});

test("metadata that the hub writes to a customer wake nothing", async () => {
  await setCustomer(FOLLOW);
  const { id } = await aMade();

  const events = await until("the echo of the write-back", async () => {
    const rows = await world.sql(
      "select end_state, end_reason from event where object_id = $1 and type = 'customer.updated'",
      [id],
    );
    return rows.length > 0 ? rows : undefined;
  });

  expect(events).toMatchObject([{ end_state: "not_applicable" }]);
  expect(String(events[0]?.end_reason)).toContain("Nothing of the customer has changed");
});

test("renamed, returning and duplicate people get no second customer", async () => {
  await setCustomer({});
  const email = `${randomUUID()}@Example.com`;
  const guest = await checkOut(world, { line_items: [aLine()] }, { email });
  const first = (await expectBookedOnce(world, guest)).customerId;
  const twins = [
    await aCustomer(world, { email: email.toLowerCase(), name: "G. Hopper" }),
    await aCustomer(world, { email: ` ${email}`.trim(), name: "Grace B. Hopper" }),
  ];

  const orders = await Promise.all(
    twins.map((twin, nr) => pay(world, 1_900 + nr, { customer: twin.id })),
  );
  for (const order of orders) expect((await expectBookedOnce(world, order)).customerId).toBe(first);
  await world.stripe.customers.update(twins[0]?.id ?? "", {
    name: "Grace Murray",
    email: "new@x.com",
  });
  orders.push(await pay(world, 1_910, { customer: twins[0]?.id ?? "" }));

  const [, , renamed] = orders;
  if (renamed === undefined) throw new Error("the renamed customer has not paid");
  expect((await expectBookedOnce(world, renamed)).customerId).toBe(first);
});

function aLine(): Stripe.Checkout.SessionCreateParams.LineItem {
  const product_data = { name: "Shirt", metadata: { InvtID: "TSHIRT" } };
  return { quantity: 1, price_data: { currency: "usd", unit_amount: 1_000, product_data } };
}
