import { describe, expect, test } from "vitest";
import type { Creditable } from "./creditable.ts";
import { chooseLines, type LinesAsked } from "./refund-lines.ts";
import { someSettings, usd } from "./testing/builders.ts";

const { sales } = someSettings().accounts;
const tax = { kind: "tax", description: "Tax" } as const;

function documentOf(
  lines: readonly Readonly<{ minor: number; names?: readonly string[]; kind?: "tax" }>[],
): Creditable {
  return {
    ...{ refNbr: "000123", notes: [] },
    total: usd(lines.reduce((so, { minor }) => so + minor, 0)),
    lines: lines.map(({ minor, names = [], kind }) => ({
      ...{ kind: "sold" as const, description: "Hat", itemId: "", sales, amount: usd(minor) },
      ...{ taxes: [], names, ...(kind === undefined ? {} : tax) },
    })),
  };
}

function chosen(document: Creditable, minor: number, asked: Partial<LinesAsked> = {}) {
  const { weights } = chooseLines(document, {
    ...{ amount: usd(minor), named: "", note: undefined },
    ...asked,
  });
  return [...weights];
}

describe("the line of a refund's price", () => {
  test("is that one alone", () => {
    expect(chosen(documentOf([{ minor: 4_000 }, { minor: 6_000 }]), 6_000)).toEqual([[1, 6_000n]]);
  });

  test("is none where two lines have it", () => {
    expect(chosen(documentOf([{ minor: 4_000 }, { minor: 4_000 }]), 4_000)).toEqual([]);
  });

  test("is none where the refund is of the whole document", () => {
    expect(chosen(documentOf([{ minor: 4_000 }, { minor: 0 }]), 4_000)).toEqual([]);
  });

  test("is its price with its part of the tax too", () => {
    const document = documentOf([{ minor: 4_000 }, { minor: 6_000 }, { minor: 825, kind: "tax" }]);

    expect(chosen(document, 4_330)).toEqual([[0, 4_330n]]);
  });
});

describe("lines that metadata name", () => {
  const document = documentOf([
    { minor: 4_000, names: ["il_1", "prod_H"] },
    { minor: 6_000, names: ["il_2", "prod_H"] },
    { minor: 825, kind: "tax", names: ["il_3"] },
  ]);
  const named = (text: string) => chosen(document, 1_000, { named: text });

  test("are told by their id or their place, whatever its case", () => {
    expect(named("IL_2")).toEqual([[1, 6_000n]]);
    expect(named("1")).toEqual([[0, 4_000n]]);
  });

  test.each([
    ["that two lines have", "prod_H"],
    ["of the tax", "il_3"],
    ["that is the place of the tax", "3"],
    ["that is no place", "4"],
  ])("are refused by a name %s", (_what, text) => {
    expect(() => named(text)).toThrow("is no line of the document");
  });
});

test("a line of a credit note that takes nothing names no line", () => {
  const line = (invoiceLineId: string, minor: number) => {
    return { invoiceLineId, description: "", amount: usd(minor), tax: usd(0) };
  };
  const document = documentOf([
    { minor: 4_000, names: ["il_1"] },
    { minor: 6_000, names: ["il_2"] },
  ]);
  const note = [line("il_1", 0), line("il_1", -500), line("il_2", 1_000), line("il_2", 500)];

  expect(chosen(document, 1_500, { note })).toEqual([[1, 1_500n]]);
});
