import { HubError } from "../../src/base/errors.ts";
import type { Admin } from "./admin.ts";
import { SL_CALL, type WriteFault, type WriteStep } from "./faults.ts";
import { Killed, type Life } from "./life.ts";
import type { Script } from "./script.ts";

/** What a write is told by: the worker that makes it, and the switches of the other side. */
export type Writing = Readonly<{
  life: Life;
  script: Script;
  admin: Admin;
  step: WriteStep;
  /** Something that only this call carries: its intent key, its batch or its object's id. */
  mark: string;
}>;

type Call<T> = () => Promise<T>;

/** A Stripe call that is held so long is given up by its worker and still takes effect. */
const STRIPE_LATE_MS = 40;

/** Makes one write, with what the script has in store for it. */
export async function write<T>(writing: Writing, call: Call<T>): Promise<T> {
  const { life, script, step } = writing;
  await life.pass();
  const fault = script.nextWrite(step);
  if (fault === undefined) return life.guard(call);
  script.struck(step, fault.mode, fault.afterMs);
  switch (fault.mode) {
    case "kill-before":
    case "kill-claimed":
      return die(life);
    case "kill-after":
      await life.guard(call);
      return die(life);
    case "kill-during":
      return killDuring(writing, fault, call);
    case "freeze-before":
    case "freeze-claimed":
      life.freeze(fault.rests, false);
      return life.guard(call);
    case "freeze-after": {
      const answer = await life.guard(call);
      life.freeze(fault.rests, false);
      await life.pass();
      return answer;
    }
    case "late":
      return step === "writeback.write"
        ? lateAtStripe(writing, call, false)
        : withSwitch(writing, fault, call);
    default:
      return withSwitch(writing, fault, call);
  }
}

function die(life: Life): never {
  life.kill();
  throw new Killed();
}

/** The other side works on the call while its worker dies. */
async function killDuring<T>(writing: Writing, fault: WriteFault, call: Call<T>): Promise<T> {
  const { life, step, script, admin, mark } = writing;
  if (step === "writeback.write") return lateAtStripe(writing, call, true);
  const { commit, afterMs } = fault;
  await setSlFault(admin, { step, mark }, { kind: "drop", commit, ...later(commit, afterMs) });
  const outcome = await life.guard(call).then(
    () => "an answer",
    () => "no answer",
  );
  script.note(`killed during ${step} (${commit}), ${outcome}`);
  return die(life);
}

async function lateAtStripe<T>(writing: Writing, call: Call<T>, kills: boolean): Promise<T> {
  const { life, script, admin, mark } = writing;
  await setStripeFault(admin, mark, { action: "latency", delayMs: STRIPE_LATE_MS });
  const going = call().catch(() => undefined);
  script.background.add(going);
  void going.finally(() => script.background.delete(going));
  if (kills) {
    // The request must have left; it is then Stripe's to finish.
    await requestArrived(admin);
    return die(life);
  }
  throw new HubError("stripe.unavailable", "The connection to Stripe was lost");
}

async function requestArrived(admin: Admin): Promise<void> {
  const endMs = performance.now() + 5_000;
  for (;;) {
    const { faults } = await admin<{ faults: { hits: number }[] }>("/faults");
    if (faults.some(({ hits }) => hits > 0)) return;
    if (performance.now() > endMs) throw new Error("a call to Stripe never arrived there");
  }
}

async function withSwitch<T>(writing: Writing, fault: WriteFault, call: Call<T>): Promise<T> {
  const { life, admin, step, mark } = writing;
  if (step === "writeback.write") {
    await setStripeFault(admin, mark, stripeEffect(fault));
    return life.guard(call);
  }
  await setSlFault(admin, { step, mark }, slEffect(fault));
  return life.guard(call);
}

function later(commit: WriteFault["commit"], afterMs: number) {
  return commit === "later" ? { afterMs } : {};
}

function slEffect(fault: WriteFault): object {
  const { mode, step, afterMs } = fault;
  switch (mode) {
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

async function setSlFault(
  admin: Admin,
  call: { step: WriteStep; mark: string },
  effect: object,
): Promise<void> {
  const { step, mark } = call;
  if (step === "writeback.write") throw new Error("a write to Stripe is no call of SL");
  await admin("/faults", { match: { ...SL_CALL[step], contains: mark }, effect });
}

async function setStripeFault(admin: Admin, objectId: string, effect: object): Promise<void> {
  await admin("/faults", { method: "POST", path: `/v1/*/${objectId}`, times: 1, ...effect });
}
