import { expect, test } from "vitest";
import { allRows } from "./all-rows.ts";
import { isLastPage } from "./last-page.ts";
import type { Site } from "./site.ts";

type Asked = Readonly<{ filters: readonly Readonly<{ name: string; value: string }>[] }>;

/** A site whose view has so many rows, and whose server gives a page of `pageMax` at most. */
function siteOf(total: number, pageMax: number, told: boolean): Site {
  const call = (_service: string, _operation: string, { filters }: Asked) => {
    const filterOf = (wanted: string) => Number(filters.find(({ name }) => name === wanted)?.value);
    const size = Math.min(filterOf("pageSize"), pageMax);
    const from = (filterOf("currentPageNumber") - 1) * size;
    const count = Math.max(0, Math.min(size, total - from));
    const rows = Array.from({ length: count }, (_, at) => {
      const counter = String(from + at + 1);
      return { BatNbr: counter, ...(told && { counter, totalEntries: String(total) }) };
    });
    return Promise.resolve({ myQueryResults: rows });
  };
  return { client: { call } } as unknown as Site;
}

test.each([
  [230, 100, true],
  [200, 100, true],
  [430, 200, true],
  [430, 200, false],
  [0, 200, true],
])("%d rows in pages of %d are read to the last, counted by SL: %j", async (total, max, told) => {
  const rows = await allRows(siteOf(total, max, told), "xslw_ArDocByKey", [], undefined);

  expect(rows).toHaveLength(total);
});

test.each([
  ["100", "230", false],
  ["230", "230", true],
  ["many", "more", true],
])("a short page whose last row is %j of %j is the last: %j", (counter, totalEntries, isLast) => {
  expect(isLastPage([{ counter, totalEntries }], 200)).toBe(isLast);
});
