import { afterAll, beforeAll, expect, test } from "vitest";
import type { EditAnswer, ParkedAnswer, Trace } from "../../src/api/contract.ts";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce, expectParkedUnbooked, trimmed } from "./books.ts";
import { aPrice, checkOut } from "./orders.ts";

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
  const { parked } = await edit(1, false);
  const body = { version: parked.version, by: "maria" };
  await world.api(`/api/parked/${id}/resume`, { method: "POST", body });

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
