import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { money, negate, toDecimal } from "../../base/money.ts";
import {
  dateFromWire,
  dateToWire,
  flagOf,
  fromWire,
  isSameId,
  numberFromWire,
  textOf,
  toWire,
} from "./wire-values.ts";

const currency = fc.constantFrom("JPY", "USD", "KWD");
/** Up to 10^12 units of the currency, either sign. */
const amount = currency.chain((code) => {
  const scale = 10n ** BigInt(code === "JPY" ? 0 : code === "USD" ? 2 : 3);
  const most = 10n ** 12n * scale;
  return fc.bigInt({ min: -most, max: most }).map((minor) => money(minor, code));
});

/** The double one or two steps beside a value, as sums of floats drift. */
function beside(value: number, steps: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(steps));
  return view.getFloat64(0);
}

test("every amount up to a trillion survives the wire to the minor unit", () => {
  fc.assert(
    fc.property(amount, (value) => {
      expect(fromWire(toWire(value), value.currency)).toEqual(value);
    }),
  );
});

test("every amount survives a server that keeps floats, in each way to print them", () => {
  fc.assert(
    fc.property(amount, fc.integer({ min: -1, max: 1 }), (value, steps) => {
      const kept = Number(toWire(value));
      const drifted = kept === 0 ? 0 : beside(kept, steps);

      const texts = [String(drifted), drifted.toExponential(17), drifted.toPrecision(18)];
      const read = texts.map((text) => fromWire(text, value.currency));
      expect(read).toEqual([value, value, value]);
    }),
    { numRuns: 500 },
  );
});

describe("amounts from the wire", () => {
  test.each([
    ["0.299999999999999989", "0.30"],
    ["0.30000000000000004", "0.30"],
    ["1E+05", "100000.00"],
    ["1.5e-2", "0.02"],
    ["1.4999999999999999E-2", "0.01"],
    ["-0.005", "-0.01"],
    ["+7", "7.00"],
    [".5", "0.50"],
    ["-0", "0.00"],
    ["  12.30  ", "12.30"],
    ["999999999999.99", "999999999999.99"],
  ])("%s is %s", (text, expected) => {
    expect(toDecimal(fromWire(text, "USD"))).toBe(expected);
  });

  test.each(["", " ", ".", "INF", "NaN", "1,00", "1.2.3", "0x10", "1e9999", "--1"])(
    "%j is no amount",
    (text) => {
      expect(() => fromWire(text, "USD")).toThrow(
        expect.objectContaining({ code: "money.precision" }),
      );
    },
  );

  test("halves are rounded away from zero on both sides", () => {
    expect(fromWire("1.005", "USD")).toEqual(money(101, "USD"));
    expect(fromWire("-1.005", "USD")).toEqual(negate(money(101, "USD")));
    expect(fromWire("1.5", "JPY")).toEqual(money(2, "JPY"));
  });
});

test.each([
  ["1.0999999999999999", "1.1"],
  ["0.066000000000000003", "0.066"],
  ["12.50", "12.5"],
  ["100", "100"],
  ["1E+05", "100000"],
  ["-2.5e-7", "-0.00000025"],
  ["-0.000", "0"],
  ["123456789012345678", "123456789012346000"],
])("the number %s reads as %s", (text, expected) => {
  expect(numberFromWire(text)).toBe(expected);
});

test("what is no number is refused with its words", () => {
  expect(() => numberFromWire("NaN")).toThrow(/"NaN" where a number belongs/);
});

test("dates cross the wire and SL's empty dates are empty", () => {
  expect(dateToWire("2026-03-10")).toBe("2026-03-10T00:00:00");
  expect(dateToWire("")).toBe("1900-01-01T00:00:00");
  expect(dateFromWire("2026-03-10T00:00:00")).toBe("2026-03-10");
  expect(dateFromWire("1900-01-01T00:00:00")).toBe("");
  expect(dateFromWire("0001-01-01T00:00:00")).toBe("");
});

test("padding is taken off the end only", () => {
  expect(textOf({ CustId: " C300      " }, "CustId")).toBe(" C300");
  expect(textOf({}, "CustId")).toBe("");
});

test.each([
  ["1", true],
  ["-1", true],
  ["true", true],
  ["0", false],
  ["", false],
  ["false", false],
])("the flag %j is %s", (text, expected) => {
  expect(flagOf({ Rlsed: text }, "Rlsed")).toBe(expected);
});

test("ids are equal whatever their letter case and padding", () => {
  expect(isSameId("c300   ", "C300")).toBe(true);
  expect(isSameId(" C300", "C300")).toBe(false);
});
