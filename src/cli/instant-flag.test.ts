import { expect, test } from "vitest";
import { readInstant } from "./instant-flag.ts";

test("a day begins where the person sits, and an instant is what it says", () => {
  expect(readInstant("until", "2026-11-01")).toBe(new Date(2026, 10, 1).toISOString());
  expect(readInstant("until", "2026-11-01T08:00:00+01:00")).toBe("2026-11-01T07:00:00.000Z");
});
