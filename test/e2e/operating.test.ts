import { afterAll, beforeAll, expect, test } from "vitest";
import type {
  EditAnswer,
  PairStateAnswer,
  ParkedAnswer,
  Trace,
  WizardPairAnswer,
  WizardSlAnswer,
  WizardStripeAnswer,
} from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { decide, expectBookedOnce, expectParkedUnbooked, slWrites, trimmed } from "./books.ts";
import { aPrice, checkOut, pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

test("an item decided for one parked run books it, and SL and trace say so", async () => {
  const price = await aPrice(world, 1_900, { name: "Nobody has mapped this" });
  const order = await checkOut(world, { line_items: [{ quantity: 1, price }] });
  await expectParkedUnbooked(world, order, "mapping.product_unmapped");
  const { rows } = await world.api<{ rows: ParkedAnswer[] }>(`/api/parked?lane=${order.id}`);
  const id = rows[0]?.id ?? "";
  const changes = [{ field: "item", target: price, value: "TSHIRT" }];
  const edit = (version: number, dryRun: boolean) =>
    world.api<EditAnswer>(`/api/parked/${id}/edit`, {
      method: "POST",
      body: { version, changes, reason: "the shop's new product", by: "maria", dryRun },
    });

  const { preview } = await edit(1, true);
  await edit(1, false);
  await decide(world, { id }, "resume");

  const { invoice } = await expectBookedOnce(world, order);
  const entries = preview?.documents.flatMap((document) => document.entries) ?? [];
  expect(preview?.problem).toBeNull();
  expect(entries.map(({ debit, credit }) => debit ?? `-${credit}`)).toEqual([
    "19.00",
    "-19.00",
    "19.00",
    "-19.00",
  ]);
  const lines = await world.slRows("ARTran");
  const ofInvoice = lines.filter((row) => trimmed(row.BatNbr) === trimmed(invoice.BatNbr));
  expect(ofInvoice.map((row) => trimmed(row.InvtId))).toContain("TSHIRT");
  const trace = await world.api<Trace>(`/api/trace/${order.id}`);
  const told = trace.story.filter(({ kind }) => kind === "person").map(({ text }) => text);
  expect(told).toEqual([
    `maria edited case ${id}: item of ${price} is TSHIRT (the shop's new product)`,
  ]);
  const notes = (await world.slRows("Snote")).map((row) => String(row.sNoteText));
  const changed = `Changed by maria: item of ${price} is TSHIRT (the shop's new product)`;
  expect(notes.filter((note) => note.includes(changed))).toHaveLength(2);
});

const post = <T>(path: string, body: object) => world.api<T>(path, { method: "POST", body });

test("a paused pair takes webhooks and books nothing until it is resumed", async () => {
  const pair = `/api/pairs/${world.pair}`;
  await post<PairStateAnswer>(`${pair}/pause`, { reason: "month-end", by: "maria" });

  const order = await pay(world, 2_100);
  await until("the webhook of the order to be stored", async () => {
    const rows = await world.sql("select 1 from event where lane_key = $1", [order.id]);
    return rows.length > 0;
  });
  const trace = await world.api<Trace>(`/api/trace/${order.id}`);
  const runs = await world.sql("select 1 from run where lane_key = $1", [order.id]);
  await post<PairStateAnswer>(`${pair}/resume`, { by: "maria" });

  expect(trace.lanes.map(({ heldBack }) => heldBack)).toContain("paused by maria: month-end");
  expect(runs).toEqual([]);
  await expectBookedOnce(world, order);
});

test("the wizard sees both sides, tries real charges and writes nothing by it", async () => {
  const order = await pay(world, 4_321);
  await expectBookedOnce(world, order);
  await world.slAdmin("/calls", undefined, "DELETE");
  const { user, password, siteId, siteKey, companyId } = world.slCredentials;
  const { settings } = await world.api<{ settings: Record<string, Record<string, unknown>> }>(
    `/api/pairs/${world.pair}`,
  );
  const url = String(settings.sl?.url);

  const key = await post<WizardStripeAnswer>("/api/wizard/stripe", {
    ...{ secretKey: world.secretKey, apiBase: world.stripeUrl },
  });
  const access = { url, user, password, siteId, siteKey, companyId };
  const sl = await post<WizardSlAnswer>("/api/wizard/sl", access);
  const wanted = {
    id: "second",
    settings: {
      stripe: {
        ...{ "secret-key": world.secretKey, "api-base": world.stripeUrl, intake: "pull" },
      },
      sl: {
        ...{ url, user, password, "site-id": siteId, "site-key": siteKey },
        ...{ "company-id": companyId, "base-currency": "USD" },
      },
      "time-zone": "America/New_York",
      accounts: settings.accounts,
      customer: { class: "RETAIL" },
      terms: { paid: "01" },
      item: { default: "DEFAULT-ITEM" },
    },
    preview: 5,
    dryRun: true,
  };
  const tried = await post<WizardPairAnswer>("/api/wizard/pair", wanted);

  expect(key.permissions.filter(({ isGranted }) => !isGranted)).toEqual([]);
  expect(sl.companies.map(({ id }) => id)).toContain(companyId);
  expect(sl.accounts.map(({ id }) => id)).toContain("1095");
  expect(sl.classes.map(({ id }) => id)).toContain("RETAIL");
  expect(sl.terms.map(({ id }) => id)).toContain("01");
  expect(sl.open?.receivables).toMatch(/^\d{6}$/);
  const preview = tried.previews.find(({ object }) => object === order.id);
  expect(preview).toMatchObject({ total: "43.21", problem: null });
  expect(preview?.documents.map(({ purpose }) => purpose)).toContain("payment");
  expect(tried.yaml).not.toContain(password);
  expect(await slWrites(world)).toEqual([]);
  const pairs = await world.api<{ pairs: { id: string }[] }>("/api/pairs");
  expect(pairs.pairs.map(({ id }) => id)).toEqual([world.pair]);
});
