import { HubError } from "../../src/base/errors.ts";
import { HAND_MODES, type HandMode, type WriteFault, type WriteMode } from "./faults.ts";
import { touchHeld } from "./hands.ts";
import { Killed, type Life } from "./life.ts";
import type { Script } from "./script.ts";
import { prepareDelay, prepareSwitch, type SwitchedCall, untilMet } from "./switches.ts";

/** What a write is told by: the worker that makes it, and the switches of the other side. */
export type Writing = SwitchedCall & Readonly<{ life: Life; script: Script }>;

type Call<T> = () => Promise<T>;

/** A Stripe call that is held so long is given up by its worker and still takes effect. */
const STRIPE_LATE_MS = 40;

/** Makes one write, with what the script has in store for it. */
export async function write<T>(writing: Writing, call: Call<T>): Promise<T> {
  const { life, script, step, mark } = writing;
  await life.pass();
  const fault = script.nextWrite(step, mark);
  if (fault === undefined) return life.carry(call);
  script.struck(step, mark, fault);
  const { mode } = fault;
  if (isHand(mode)) {
    return life.carry(() => script.track(callAndTouch(writing, mode, call)));
  }
  switch (mode) {
    case "kill-before":
    case "kill-claimed":
      return die(life);
    case "kill-after":
      await life.carry(call);
      return die(life);
    case "kill-during":
      return killDuring(writing, fault, call);
    case "freeze-before":
    case "freeze-claimed":
      // The mark of a fill is the key that another worker's release is told by.
      life.freeze(fault.rests, fault.thawsAtRelease && step.endsWith(".fill") ? mark : undefined);
      return life.guard(call);
    case "freeze-after": {
      const answer = await life.carry(call);
      life.freeze(fault.rests);
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

/** The clerk comes at once, whatever becomes of the worker meanwhile. */
async function callAndTouch<T>(writing: Writing, deed: HandMode, call: Call<T>): Promise<T> {
  const answer = await call();
  await touchHeld(writing.admin, writing.mark, deed);
  return answer;
}

/** Whether it is something that a person does to the batch once it is filled. */
export function isHand(mode: WriteMode): mode is HandMode {
  return (HAND_MODES as readonly WriteMode[]).includes(mode);
}

function die(life: Life): never {
  life.kill();
  throw new Killed();
}

/** The other side works on the call while its worker dies. */
async function killDuring<T>(writing: Writing, fault: WriteFault, call: Call<T>): Promise<T> {
  const { life, step, script } = writing;
  if (step === "writeback.write") return lateAtStripe(writing, call, true);
  await prepareSwitch(writing, fault);
  const outcome = await life.carry(call).then(
    () => "an answer",
    () => "no answer",
  );
  script.note(`killed during ${step} (${fault.commit}), ${outcome}`);
  return die(life);
}

async function lateAtStripe<T>(writing: Writing, call: Call<T>, kills: boolean): Promise<T> {
  const { life, script, admin } = writing;
  const held = await prepareDelay(writing, STRIPE_LATE_MS);
  void script.track(call().catch(() => undefined));
  if (kills) {
    // The request must have left; it is then Stripe's to finish.
    await untilMet(admin, held);
    return die(life);
  }
  throw new HubError("stripe.unavailable", "The connection to Stripe was lost");
}

async function withSwitch<T>(writing: Writing, fault: WriteFault, call: Call<T>): Promise<T> {
  await prepareSwitch(writing, fault);
  return writing.life.carry(call);
}
