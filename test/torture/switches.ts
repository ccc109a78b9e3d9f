import { pause } from "../../src/base/clock.ts";
import type { Admin } from "../oracle/rows.ts";
import { SL_CALL, type WriteFault, type WriteStep } from "./faults.ts";

/** A call as the other side's fault switches see it. */
export type SwitchedCall = Readonly<{
  admin: Admin;
  step: WriteStep;
  /** Something that only this call carries: its intent key, its batch or its object's id. */
  mark: string;
}>;

const ARRIVES_WITHIN_MS = 5_000;

/** Sets the switch of the other side for what a fault does to one call. Returns the switch's id. */
export function prepareSwitch(call: SwitchedCall, fault: WriteFault): Promise<number> {
  return setSwitch(call, call.step === "writeback.write" ? stripeEffect(fault) : slEffect(fault));
}

/** Lets the other side hold a call that long before it carries it out, whoever waits for it. */
export function prepareDelay(call: SwitchedCall, delayMs: number): Promise<number> {
  const isStripe = call.step === "writeback.write";
  return setSwitch(
    call,
    isStripe ? { action: "latency", delayMs } : { kind: "latency", ms: delayMs },
  );
}

/** Waits until a call has met the switch: then it has arrived. */
export async function untilMet(admin: Admin, id: number): Promise<void> {
  type Met = { id: number; hits: number };
  const endMs = performance.now() + ARRIVES_WITHIN_MS;
  for (;;) {
    const listed = await admin<Met[] | { faults: Met[] }>("/faults");
    const switches = Array.isArray(listed) ? listed : listed.faults;
    if (switches.some((one) => one.id === id && one.hits > 0)) return;
    if (performance.now() > endMs) throw new Error("a call never arrived at the other side");
    await pause(2);
  }
}

async function setSwitch({ admin, step, mark }: SwitchedCall, effect: object): Promise<number> {
  const fault =
    step === "writeback.write"
      ? { method: "POST", path: `/v1/*/${mark}`, times: 1, ...effect }
      : { match: { ...SL_CALL[step], contains: mark }, effect };
  return (await admin<{ id: number }>("/faults", fault)).id;
}

function slEffect(fault: WriteFault): object {
  const { mode, step, afterMs, commit } = fault;
  switch (mode) {
    case "kill-during":
      return { kind: "drop", commit, ...(commit === "later" ? { afterMs } : {}) };
    case "lost-before":
      return { kind: "drop", commit: "never" };
    case "late":
      return { kind: "drop", commit: "later", afterMs };
    case "deadlock":
      return { kind: "deadlock", as: afterMs % 2 === 0 ? "fault" : "errorMessage" };
    case "http-500":
      return { kind: "http", status: 500, commit: afterMs % 2 === 0 };
    case "refuse":
      return { kind: "refuse", message: "Customer is on hold for review", messageNbr: 745 };
    case "half-save":
      if (!step.endsWith(".fill")) break;
      return {
        kind: "half-save",
        lines: 0,
        end: (["drop", "http", "answer"] as const)[afterMs % 3],
      };
    case "stuck":
      if (!step.endsWith(".release")) break;
      return { kind: "stuck-release", lockMs: afterMs % 40_000 };
    default:
      break;
  }
  return { kind: "drop", commit: "first" };
}

function stripeEffect({ mode, afterMs }: WriteFault): object {
  // The SDK sends a lost call once more by itself: both are lost.
  if (mode === "lost-before") return { action: "drop", when: "before", times: 2 };
  if (mode === "lost-after") return { action: "drop", when: "after", times: 2 };
  if (mode === "deadlock") return { action: "error", status: 429, times: 1 + (afterMs % 2) };
  return { action: "error", status: 500, when: afterMs % 2 === 0 ? "after" : "before", times: 2 };
}
