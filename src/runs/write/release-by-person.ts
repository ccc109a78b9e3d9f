import { HubError } from "../../base/errors.ts";
import { type Money, toDecimal } from "../../base/money.ts";
import { sideTotal } from "../../erp/journal.ts";
import {
  type BatchReading,
  type BatchState,
  type DocumentDraft,
  screenOf,
} from "../../erp/port.ts";
import { Waiting, WaitingForApplication } from "../waiting.ts";
import type { Door } from "./door.ts";
import type { Intent } from "./intent.ts";
import { nextLookMs, type PersonWait } from "./person-wait.ts";
import { SCREEN_NAME } from "./route.ts";

/** SL's letters of a batch, with what people call them. */
export const STATE_WORDS: Readonly<Record<BatchState, string>> = {
  held: "on hold (H)",
  balanced: "balanced (B)",
  suspended: "suspended (S)",
  released: "released, not posted (U)",
  posted: "posted (P)",
  completed: "completed (C)",
  voided: "voided (V)",
  "in-between": "between two states",
};

/**
 * Releases of a batch that SL may answer well without one being seen. The first may be lost with
 * the server that took it; where SL queues them and that queue stands still, more only lengthen it.
 */
const RELEASES_MAX = 3;

/**
 * Whether a person releases this batch: by setting, since SL lets no hub, or since SL has answered
 * the hub well and carried nothing out.
 */
export function isReleasedByPerson(door: Door, intent: Intent<DocumentDraft>): boolean {
  if (door.releasedBy === "person") return true;
  if (door.erp.capabilities[`release-${screenOf(intent.draft)}`] === "no") return true;
  const inVain = intent.attempts.filter(
    ({ step, outcome }) => step === "release" && outcome === "ok",
  );
  return inVain.length >= RELEASES_MAX;
}

/**
 * The batch is complete, compared, and waits for its release in SL by a person. The run ends here
 * and looks again by the schedule of `LOOKS`, without a slot; whoever releases, it goes on.
 *
 * @throws Waiting; HubError `erp.batch_suspended` where that release failed its checks, and
 *   `erp.release_by_hand` once it has waited for longer than the pair's `release-wait`
 */
export async function waitForRelease(
  door: Door,
  intent: Intent<DocumentDraft>,
  reading: BatchReading,
): Promise<never> {
  const { batNbr, state } = reading;
  const screen = SCREEN_NAME[screenOf(intent.draft)];
  const wait: PersonWait = {
    kind: "release",
    screen,
    batNbr,
    batchState: STATE_WORDS[state],
    what: whatOf(intent),
    toDo: `Release batch ${batNbr} in ${screen}; the hub sees it and goes on.`,
  };
  const ageMs = await door.noteWait(intent, wait);
  if (state === "suspended") throw suspended(wait);
  return waitOn(door, wait, ageMs);
}

const BY_HAND = {
  release: "erp.release_by_hand",
  apply: "erp.apply_by_hand",
  cancel: "erp.cancel_by_hand",
} as const;

/**
 * Ends the run for a person who is to do something in SL.
 *
 * @throws Waiting, or the HubError of its kind once it is over age
 */
export function waitOn(door: Door, wait: PersonWait, ageMs: number): never {
  const { kind, batNbr, batchState, screen, what } = wait;
  const words = {
    release: `batch ${batNbr}, ${batchState}, to be released in ${screen}: ${what}`,
    apply: `an application in ${screen}: ${what}`,
    cancel: `${what} to be cancelled in ${screen}`,
  }[kind];
  if (ageMs < door.personWaitMaxMs) {
    const Wait = kind === "apply" ? WaitingForApplication : Waiting;
    throw new Wait(words, nextLookMs(ageMs));
  }
  throw new HubError(BY_HAND[kind], `Nobody has done in SL what this run waits for: ${words}`, {
    facts: { batNbr, screen, batchState },
    cure: wait.toDo,
  });
}

function suspended({ batNbr, batchState, what, screen }: PersonWait): HubError {
  return new HubError(
    "erp.batch_suspended",
    `SL shows batch ${batNbr} as ${batchState}: a release failed its checks (${what})`,
    {
      facts: { batNbr, batchState },
      cure:
        `SL has told its reason to whoever released: see the event log of that release, mend the ` +
        `cause, and release batch ${batNbr} again or void it in ${screen}.`,
    },
  );
}

/** The document of an intent in words: `payment of 100.00 USD for ch_3Pq (customer C300)`. */
function whatOf({ draft, identity }: Intent<DocumentDraft>): string {
  const text = (amount: Money) => `${toDecimal(amount)} ${amount.currency}`;
  if (draft.kind === "journal") {
    return `journal of ${text(sideTotal(draft, "debit"))} for ${identity.object}`;
  }
  const about = `for ${identity.object} (customer ${draft.customerId})`;
  switch (draft.kind) {
    case "invoice":
      return `invoice of ${text(draft.total)} ${about}`;
    case "memo":
      return `${draft.type === "CM" ? "credit" : "debit"} memo of ${text(draft.total)} ${about}`;
    case "payment":
      return `payment ${draft.refNbr} of ${text(draft.amount)} ${about}`;
    case "application": {
      const { payer, applications } = draft;
      const lines = applications.map(
        ({ type, refNbr, amount }) => `${text(amount)} to ${type} ${refNbr}`,
      );
      return `application of ${payer.type} ${payer.refNbr}, ${lines.join(", ")} ${about}`;
    }
  }
}
