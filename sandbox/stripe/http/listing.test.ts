import fc from "fast-check";
import { expect, it } from "vitest";
import { Table } from "../store/table.ts";
import { World } from "../world.ts";
import { parseForm } from "./form.ts";
import { listPage } from "./listing.ts";
import { Params } from "./params.ts";

type Made = { id: string; created: number };

function pagesOf(table: Table<Made>, query: string): string[] {
  const world = new World(undefined);
  const ids: string[] = [];
  for (let cursor = ""; ; ) {
    const params = new Params(parseForm(`limit=3&${query}${cursor}`));
    const call = { world, params, id: "", part: "", origin: { id: null, idempotency_key: null } };
    const page = listPage(call, { table, kind: "row", url: "/v1/rows", format: (row) => row });
    const rows = page.data as Made[];
    ids.push(...rows.map((row) => row.id));
    if (page.has_more !== true) return ids;
    cursor = `&starting_after=${rows.at(-1)?.id ?? ""}`;
  }
}

it("a range of time finds every row, however the rows are dated", () => {
  const date = fc.integer({ min: 0, max: 60 });
  // Mostly in order, a little late now and then, and some dated anew: as tests make them.
  const row = fc.record({
    late: fc.integer({ min: -1, max: 3 }),
    later: fc.option(date, { freq: 8 }),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 25 }), date, date, (made, from, to) => {
      const table = new Table<Made>();
      for (const [index, { late }] of made.entries()) {
        table.put({ id: `r${index}`, created: index * 2 - late });
      }
      for (const [index, { later }] of made.entries()) {
        if (later !== null) table.put({ id: `r${index}`, created: later });
      }

      const found = pagesOf(table, `created[gte]=${from}&created[lte]=${to}`);

      const within = [...table.all()].filter((one) => one.created >= from && one.created <= to);
      expect(found).toEqual(within.map((one) => one.id).toReversed());
    }),
    { numRuns: 200 },
  );
});

it("a range of time is left without a look at what came before it", () => {
  const table = new Table<Made>();
  for (let created = 0; created < 50_000; created += 1) table.put({ id: `r${created}`, created });
  table.put({ id: "r7", created: 7 });
  const looks = { count: 0 };
  const { page } = table;
  table.page = function* counted(options) {
    for (const row of page.call(table, options)) {
      looks.count += 1;
      yield row;
    }
  };

  const found = pagesOf(table, "created[gt]=49995");

  expect(found).toEqual(["r49999", "r49998", "r49997", "r49996"]);
  expect(looks.count).toBeLessThan(20);
});
