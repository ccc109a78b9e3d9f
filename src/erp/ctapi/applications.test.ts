import fc from "fast-check";
import { expect, test } from "vitest";
import { listApplications } from "./applications.ts";
import type { Site } from "./site.ts";
import { isSameId } from "./wire-values.ts";

/** A site whose view shows one application, with this realised by it. */
function siteOf(CuryRGOLAmt: string): Site {
  const row = {
    ...{ CustId: "C300 ", AdjdDocType: "IN", AdjdRefNbr: "000123", AdjgDocType: "PA" },
    ...{ AdjgRefNbr: "KY3E3RUCE5", AdjBatNbr: "000412", CuryAdjgAmt: "100" },
    ...{ CuryAdjdCuryId: "EUR ", Pending: "0", CuryRGOLAmt },
  };
  const call = async () => ({ myQueryResults: [row] });
  return { client: { call } } as unknown as Site;
}

test.each([
  ["1.690000000055", "1.690"],
  ["-1.6899999999999977", "-1.690"],
  ["0", "0.000"],
  ["", "0.000"],
])("what SL has realised as %j is told without its noise", async (sent, told) => {
  const of = { customerId: "C300", documents: [{ type: "IN", refNbr: "000123" }] };
  const [application] = await listApplications(siteOf(sent), of, undefined);

  expect(application?.realised).toBe(told);
});

type Row = Readonly<Record<string, string>>;
type Asked = Readonly<{ filters: readonly Readonly<{ name: string; value: string }>[] }>;

/** A site with these applications of one customer; it keeps how often it was asked. */
function siteWith(rows: readonly Row[]): Readonly<{ site: Site; calls: () => number }> {
  let calls = 0;
  const call = (_service: string, _operation: string, { filters }: Asked) => {
    calls += 1;
    const filterOf = (wanted: string) => filters.find(({ name }) => name === wanted)?.value;
    const size = Number(filterOf("pageSize"));
    const from = (Number(filterOf("currentPageNumber")) - 1) * size;
    const found = rows.filter((row) =>
      filters.every(({ name, value }) => isSameId(row[name] ?? value, value)),
    );
    return Promise.resolve({ myQueryResults: found.slice(from, from + size) });
  };
  return { site: { client: { call } } as unknown as Site, calls: () => calls };
}

const NUMBER = fc.integer({ min: 1, max: 40 }).map((nr) => String(nr).padStart(6, "0"));
const APPLICATION = fc.record({
  CustId: fc.constant("C300 "),
  AdjgDocType: fc.constantFrom("PA", "PP", "CM"),
  AdjgRefNbr: NUMBER,
  AdjdDocType: fc.constantFrom("IN", "DM"),
  AdjdRefNbr: NUMBER.map((number) => `${number} `),
  AdjBatNbr: NUMBER,
  CuryAdjgAmt: fc.constantFrom("1", "-1"),
  CuryAdjdCuryId: fc.constant("USD "),
  CuryRGOLAmt: fc.constant("0"),
  Pending: fc.constantFrom("0", "1"),
});
const DOCUMENT = fc.record({ type: fc.constantFrom("IN", "DM", "PA", "CM"), refNbr: NUMBER });

const APPLICATIONS = fc.array(APPLICATION, { maxLength: 900, size: "max" });
const DOCUMENTS = fc.array(DOCUMENT, { minLength: 1, maxLength: 4 });

test("what documents have paid or were paid by is whole, whatever the others are", async () => {
  const property = fc.asyncProperty(APPLICATIONS, DOCUMENTS, async (rows, documents) => {
    const { site, calls } = siteWith(rows);

    const found = await listApplications(site, { customerId: "C300", documents }, undefined);

    const isAmong = (type: string, refNbr: string) =>
      documents.some((one) => one.type === type && one.refNbr === refNbr.trim());
    const expected = rows.filter(
      (row) => isAmong(row.AdjgDocType, row.AdjgRefNbr) || isAmong(row.AdjdDocType, row.AdjdRefNbr),
    );
    const told = found.map(({ payer, target, batNbr, amount, isPending }) =>
      [
        payer.type,
        payer.refNbr,
        target.type,
        target.refNbr,
        batNbr,
        amount.minor,
        isPending,
      ].join(),
    );
    const meant = expected.map((row) =>
      [
        ...[row.AdjgDocType, row.AdjgRefNbr, row.AdjdDocType, row.AdjdRefNbr.trim()],
        ...[row.AdjBatNbr, `${row.CuryAdjgAmt}00`, row.Pending === "1"],
      ].join(),
    );
    expect(told.sort()).toEqual(meant.sort());
    expect(calls()).toBeLessThanOrEqual(1 + 2 * documents.length);
  });

  await fc.assert(property, { numRuns: 100 });
});
