import { toHubError } from "../../base/errors.ts";
import { type Money, sum } from "../../base/money.ts";
import type { ApplicationDraft, DocumentDraft, DocumentReading } from "../../erp/port.ts";
import { valued } from "../write/book.ts";
import type { Door } from "../write/door.ts";
import { bookDocument } from "../write/effect.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import type { IntentStore } from "../write/intent-store.ts";
import type { PersonWait } from "../write/person-wait.ts";
import { readBooked } from "../write/read-booked.ts";
import { STATE_WORDS, waitOn } from "../write/release-by-person.ts";
import { SCREEN_NAME } from "../write/route.ts";
import { applyAtOnce, settleAtOnce } from "./apply-at-once.ts";
import {
  type ApplicationPlan,
  applicationText,
  type BothReadings,
  type Payer,
  planApplication,
  type Target,
  type ToApply,
} from "./apply-plan.ts";
import { applicationRouteOf, canListApplications } from "./apply-route.ts";

/** An application as the hub means to make it, or has made it. */
export type ApplicationIntent = Intent<ApplicationDraft, DocumentReceipt>;

export type { ToApply };

/** What came of it. `amount` is what this hub applied: less than asked for where less was open. */
export type Applied = Readonly<{ amount: Money; batNbr: string }>;

/** A balance may move between reading and writing; more often than this it is no chance. */
const PLANS_MAX = 3;

/**
 * Applies a released payment, prepayment or credit memo to an open document: in a batch of its own
 * through the write protocol, released and read back. Restartable at any point.
 *
 * What it aims at is absolute and read first: what somebody else has applied is accepted as a fact,
 * what others have pending is waited for, and nothing is ever applied above either balance.
 *
 * @throws Waiting; HubError `erp.apply_by_hand` where the site takes it by no route,
 *   `erp.not_found` where SL does not show both as released, and not for a lag of its reads; and as
 *   `bookDocument`
 */
export async function applyLater(door: Door, toApply: ToApply): Promise<Applied> {
  for (let plans = 1; ; plans += 1) {
    let intent = knownIntent(door, toApply);
    try {
      if (intent === undefined || !isFrozen(intent)) intent = await planned(door, toApply);
      const done = await carryOut(door, intent);
      if (done.stage === "done") return resultOf(done);
    } catch (thrown) {
      // A balance that moved since it was read is refused: another plan, under the next key.
      const isWorthIt = plans < PLANS_MAX && toHubError(thrown).code === "erp.refused";
      if (!isWorthIt || !(await hasMoved(door, toApply))) throw thrown;
    }
  }
}

/** What is applied already of the money of a Stripe object, also where others have done it. */
export function applicationsOf(store: IntentStore, object: string): readonly ApplicationIntent[] {
  const all = store.parts(object, "apply") as readonly ApplicationIntent[];
  return all.filter(({ stage }) => stage === "done");
}

function knownIntent(door: Door, { object, part }: ToApply): ApplicationIntent | undefined {
  const known = door.store.find({ object, purpose: "apply", part });
  return known as ApplicationIntent | undefined;
}

async function carryOut(door: Door, intent: ApplicationIntent): Promise<ApplicationIntent> {
  const { draft, identity, stage } = intent;
  if (stage === "done") return intent;
  if (draft.isAtOnce) {
    return stage === "adding" ? settleAtOnce(door, intent) : applyAtOnce(door, intent);
  }
  const target = draft.applications[0]?.refNbr ?? "";
  const done = await bookDocument(
    door,
    intent as Intent<DocumentDraft, DocumentReceipt>,
    ({ batNbr }) => ({
      slTable: "Batch",
      slKey: `AR|${batNbr}`,
      links: [
        { stripeId: identity.object, kind: "apply", part: identity.part, slKey: target, batNbr },
      ],
      owners: [],
    }),
  );
  return done as ApplicationIntent;
}

/** Reads both documents, plans, and saves the draft: done already where nothing is left to do. */
async function planned(door: Door, toApply: ToApply): Promise<ApplicationIntent> {
  const { object, part, amount } = toApply;
  const both = await readBoth(door, toApply);
  const plan = planApplication(amount, both);
  const isNothing = plan.amount.minor === 0n;
  const keptIn = isNothing ? plan.pendingIn : undefined;
  const isFact = isNothing && keptIn === undefined;
  const route = isNothing ? "batch" : await applicationRouteOf(door, toApply);
  const intent = await door.store.ensure<ApplicationDraft, DocumentReceipt>(
    { object, purpose: "apply", part },
    (key) =>
      valued(door, {
        draft: draftOf(key, toApply, { both, plan, isAtOnce: route === "at-once" }),
        notes: isFact ? ["Applied by somebody else, or nothing of it was open."] : [],
      }),
  );
  if (isFact && !isFrozen(intent)) {
    return door.store.advance(intent, { stage: "done", receipt: receiptOfFact(intent.draft) });
  }
  if (keptIn !== undefined) return waitForOthers(door, intent, { toApply, batNbr: keptIn });
  if (route === "hand") return waitForHand(door, intent, { toApply, plan });
  return takeOverPending(door, intent, both.payer);
}

/**
 * A batch of this very key that keeps the payer is ours from before the database was lost: it goes
 * on instead of being reserved anew, which SL would refuse for as long as it stands.
 */
async function takeOverPending(
  door: Door,
  intent: ApplicationIntent,
  payer: DocumentReading,
): Promise<ApplicationIntent> {
  const batNbr = payer.applyingBatNbr;
  if (batNbr === "" || intent.stage !== "planned" || intent.draft.isAtOnce) return intent;
  const reading = await door.erp.readBatch("payment", batNbr, door.signal);
  if (reading?.key !== intent.key) return intent;
  return door.store.advance(intent, { stage: "filling", batNbr });
}

async function readBoth(door: Door, toApply: ToApply): Promise<BothReadings> {
  const { erp, signal, store } = door;
  const { object, payer, target } = toApply;
  const { customerId } = payer;
  const read = ({ type, refNbr }: Target | Payer): Promise<DocumentReading> =>
    readBooked(door, { type, customerId, refNbr });
  const both = { payer: await read(payer), target: await read(target) };
  const isListed = await canListApplications(door);
  const rows = isListed
    ? await erp.listApplications(customerId, [payer, target], signal)
    : undefined;
  const known = applicationsOf(store, object).filter(
    ({ draft }) => draft.payer.type === payer.type && draft.payer.refNbr === payer.refNbr,
  );
  const lines = known.flatMap(({ draft }) => [...draft.applications]);
  const atEntry = appliedAtEntry(store, object, payer);
  const all = [...lines, ...atEntry];
  const here = all.filter(({ type, refNbr }) => type === target.type && refNbr === target.refNbr);
  return {
    ...both,
    rows,
    knownOfPayer: sumOf(all, toApply),
    knownBetween: sumOf(here, toApply),
    ownBatNbr: await ownBatch(door, toApply, both.payer),
  };
}

/** The batch whose pending lines are this application's own. */
async function ownBatch(door: Door, toApply: ToApply, payer: DocumentReading) {
  const known = knownIntent(door, toApply);
  const batNbr = payer.applyingBatNbr;
  if (batNbr === "" || known?.batNbr === batNbr) return known?.batNbr;
  const { object, part } = toApply;
  const key = door.store.keyFor({ object, purpose: "apply", part });
  const reading = await door.erp.readBatch("payment", batNbr, door.signal);
  return reading?.key === key ? batNbr : known?.batNbr;
}

/** What a payment was applied to as it was saved. */
function appliedAtEntry(store: IntentStore, object: string, payer: Payer) {
  const payments = store.parts(object, "payment") as readonly Intent<DocumentDraft>[];
  return payments.flatMap(({ draft, stage }) =>
    stage === "done" && draft.kind === "payment" && draft.refNbr === payer.refNbr
      ? draft.applications.map(({ invoiceRefNbr, amount }) => ({
          type: "IN",
          refNbr: invoiceRefNbr,
          amount,
        }))
      : [],
  );
}

function draftOf(
  key: string,
  toApply: ToApply,
  how: Readonly<{ both: BothReadings; plan: ApplicationPlan; isAtOnce: boolean }>,
): ApplicationDraft {
  const { payer, target, stripeId, firstOpenPeriod } = toApply;
  const { both, plan, isAtOnce } = how;
  const line = { ...target, amount: plan.amount, receivable: both.target.own };
  return {
    kind: "application",
    key,
    stripeId,
    customerId: payer.customerId,
    documentDate: later(both.payer.documentDate, both.target.documentDate),
    period: [both.payer.period, both.target.period, firstOpenPeriod].reduce(later),
    currency: plan.amount.currency,
    payer: { type: payer.type, refNbr: payer.refNbr },
    applications: plan.amount.minor === 0n ? [] : [line],
    isAtOnce,
    before: { payer: both.payer.balance, target: both.target.balance, between: plan.between },
  };
}

function receiptOfFact(draft: ApplicationDraft): DocumentReceipt {
  const { payer, customerId, period, documentDate } = draft;
  return { ...payer, customerId, batNbr: "", period, documentDate };
}

function resultOf({ draft, receipt }: ApplicationIntent): Applied {
  const amounts = draft.applications.map(({ amount }) => amount);
  return { amount: sum(amounts, draft.currency), batNbr: receipt?.batNbr ?? "" };
}

/** Whether SL's balances ask for another draft than the one that was refused. */
async function hasMoved(door: Door, toApply: ToApply): Promise<boolean> {
  const refused = knownIntent(door, toApply);
  if (refused === undefined || isFrozen(refused)) return false;
  const plan = planApplication(toApply.amount, await readBoth(door, toApply));
  const asked = resultOf(refused).amount;
  return plan.amount.minor !== asked.minor;
}

/** A batch of somebody else keeps all of it, and may be released any minute, or never. */
async function waitForOthers(
  door: Door,
  intent: ApplicationIntent,
  { toApply, batNbr }: Readonly<{ toApply: ToApply; batNbr: string }>,
): Promise<never> {
  const { payer, target } = toApply;
  const screen = SCREEN_NAME.payment;
  const shown = await door.erp.readState("payment", batNbr, door.signal);
  const names = `${payer.type} ${payer.refNbr} or ${target.type} ${target.refNbr}`;
  const wait: PersonWait = {
    kind: "release",
    screen,
    batNbr,
    batchState: shown === undefined ? "unreleased" : STATE_WORDS[shown.state],
    what: `somebody's application of ${names} (customer ${payer.customerId})`,
    toDo: `Release or void batch ${batNbr} in ${screen}; the hub sees it and goes on.`,
  };
  return waitOn(door, wait, await door.noteWait(intent, wait));
}

/** Neither a batch nor a call of the hub can do it: a person does, and the balances show it. */
async function waitForHand(
  door: Door,
  intent: ApplicationIntent,
  wanted: Readonly<{ toApply: ToApply; plan: ApplicationPlan }>,
): Promise<never> {
  const { toApply, plan } = wanted;
  const { payer, target } = toApply;
  const screen = SCREEN_NAME.payment;
  const words = applicationText(plan.amount, payer, target);
  const what = `${words} (customer ${payer.customerId})`;
  const wait: PersonWait = {
    kind: "apply",
    screen,
    batNbr: "",
    batchState: "",
    what,
    toDo: `Apply ${words} in ${screen} and release that batch; the hub sees it and goes on.`,
  };
  return waitOn(door, wait, await door.noteWait(intent, wait));
}

function sumOf(lines: readonly Readonly<{ amount: Money }>[], { amount }: ToApply): Money {
  return sum(
    lines.map((line) => line.amount),
    amount.currency,
  );
}

/** Dates and periods are written so that the later one is the greater text. */
export function later(a: string, b: string): string {
  return a > b ? a : b;
}
