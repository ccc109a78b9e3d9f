import { HubError } from "../../base/errors.ts";
import { add, type Money } from "../../base/money.ts";
import type { ApplicationDraft } from "../../erp/port.ts";
import type { Door } from "../write/door.ts";
import { type DocumentReceipt, type Intent, newestAttempt } from "../write/intent.ts";
import type { Move } from "../write/intent-move.ts";
import { isOpen, waitOutHorizon } from "../write/open-outcome.ts";
import { send } from "../write/send.ts";
import { canListApplications } from "./apply-route.ts";

type ApplicationIntent = Intent<ApplicationDraft, DocumentReceipt>;

/**
 * The one call that applies and releases, for a site whose 08.030 takes no released document.
 * Nothing can be read back before it counts, so a lost answer is settled by what both documents
 * have open afterwards, and it is sent again only once the horizon has passed without effect.
 */
export function applyAtOnce(door: Door, intent: ApplicationIntent): Promise<ApplicationIntent> {
  return send(door, intent, {
    step: "add",
    during: "adding",
    onFailure: "planned",
    call: (signal) => door.erp.applyAtOnce(intent.draft, signal),
    onAnswer: () => doneMove(intent),
  });
}

/** The call had no good answer: what it would have moved tells what it did. */
export async function settleAtOnce(
  door: Door,
  intent: ApplicationIntent,
): Promise<ApplicationIntent> {
  const attempt = newestAttempt(intent, "add");
  const outcome = await effectOf(door, intent.draft);
  if (outcome === "done") {
    const answer = isOpen(attempt) ? { answer: { nr: attempt.nr, outcome: "found" } } : {};
    return door.store.advance(intent, { ...doneMove(intent), ...answer });
  }
  if (!isOpen(attempt)) return door.store.advance(intent, { stage: "planned" });
  await waitOutHorizon(door, intent);
  if (outcome === "unclear") throw unclear(intent);
  // Its key is never sent again: what is planned next has read the balances of then.
  return door.store.advance(intent, {
    stage: "planned",
    answer: { nr: attempt.nr, outcome: "absent" },
  });
}

function doneMove({ draft, identity }: ApplicationIntent): Move {
  const { payer, customerId, period, documentDate, applications } = draft;
  const target = applications[0]?.refNbr ?? "";
  return {
    stage: "done",
    receipt: { ...payer, customerId, batNbr: "", period, documentDate },
    rows: {
      slTable: "ARAdjust",
      slKey: `${payer.type}|${payer.refNbr}|${target}|${customerId}|${identity.generation}`,
      links: [
        {
          stripeId: identity.object,
          kind: "apply",
          part: identity.part,
          slKey: target,
          batNbr: "",
        },
      ],
      owners: [],
    },
  };
}

type Effect = "done" | "absent" | "unclear";

async function effectOf(door: Door, draft: ApplicationDraft): Promise<Effect> {
  const { erp, signal } = door;
  const { customerId, payer, applications, before } = draft;
  const [line] = applications;
  if (line === undefined) return "done";
  if (await canListApplications(door)) {
    const rows = await erp.listApplications(customerId, [payer], signal);
    const between = rows
      .filter((row) => !row.isPending && isSame(row.payer, payer) && isSame(row.target, line))
      .reduce<Money>((all, row) => add(all, row.amount), { ...line.amount, minor: 0n });
    return between.minor >= before.between.minor + line.amount.minor ? "done" : "absent";
  }
  const paying = await erp.readReleased(payer.type, customerId, payer.refNbr, signal);
  const open = await erp.readReleased(line.type, customerId, line.refNbr, signal);
  const fell = (was: Money, now: Money | undefined) => was.minor - (now ?? was).minor;
  const ofPayer = fell(before.payer, paying?.balance);
  const ofTarget = fell(before.target, open?.balance);
  if (ofPayer === 0n || ofTarget === 0n) return "absent";
  return ofPayer === line.amount.minor && ofTarget >= line.amount.minor ? "done" : "unclear";
}

function isSame(
  a: Readonly<{ type: string; refNbr: string }>,
  b: Readonly<{ type: string; refNbr: string }>,
): boolean {
  const id = ({ type, refNbr }: typeof a) => `${type} ${refNbr.trim()}`.toUpperCase();
  return id(a) === id(b);
}

function unclear({ draft, key }: ApplicationIntent): HubError {
  const { payer, customerId } = draft;
  const name = `${payer.type} ${payer.refNbr}`;
  return new HubError(
    "erp.apply_by_hand",
    `A call that applies ${name} had no answer, and its balances have moved otherwise`,
    { facts: { key, customerId, payer: payer.refNbr } },
  );
}
