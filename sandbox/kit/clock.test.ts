import { afterEach, expect, it } from "vitest";
import { SandboxClock } from "./clock.ts";

const clocks: SandboxClock[] = [];

afterEach(() => {
  for (const clock of clocks.splice(0)) clock.close();
});

function newClock(): { clock: SandboxClock; ran: string[] } {
  const clock = new SandboxClock();
  clocks.push(clock);
  return { clock, ran: [] };
}

it("a wait longer than a timer can hold does not end at once", async () => {
  const { clock, ran } = newClock();
  clock.after(3_000_000_000, () => ran.push("late"));
  await new Promise<void>((resolve) => clock.after(20, resolve));

  expect(ran).toEqual([]);
  clock.advance(3_000_000_000);
  expect(ran).toEqual(["late"]);
});

it("advancing runs what has come due, earliest first", () => {
  const { clock, ran } = newClock();
  clock.freeze();
  clock.after(200, () => ran.push("second"));
  clock.after(100, () => ran.push("first"));
  clock.after(300, () => ran.push("third"));

  clock.advance(250);

  expect(ran).toEqual(["first", "second"]);
});

it("a shifted clock is so far from the machine's, and what has come due has run", () => {
  const { clock, ran } = newClock();
  clock.after(60_000, () => ran.push("due"));
  clock.advance(5_000);

  clock.shift(-3_600_000);
  const before = [...ran];
  clock.shift(120_000);

  expect(before).toEqual([]);
  expect(ran).toEqual(["due"]);
  expect(Math.abs(clock.nowMs() - Date.now() - 120_000)).toBeLessThan(1_000);
});

it("what was called off never runs", () => {
  const { clock, ran } = newClock();
  const callOff = clock.after(100, () => ran.push("no"));

  callOff();
  clock.advance(1000);

  expect(ran).toEqual([]);
});
