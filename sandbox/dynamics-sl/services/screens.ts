import { addBatch, batchForWrite, type Screen, updateBatch } from "../rules/batches.ts";
import { releaseBatch } from "../rules/release.ts";
import type { Reply, ReplyStruct } from "../soap/answer.ts";
import { Refusal } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { type Call, show, textIn } from "./handler.ts";

/** What differs between the screens that keep batches. */
export type ScreenRules = Readonly<{
  screen: Screen;
  /** Saves what the screen carries besides its batch; false when there is nothing of it. */
  save(call: Call, batch: Row, sent: Struct): boolean;
  /** The screen as a reply, with the document of `batch` that `sent` named. */
  render(call: Call, batch: Row, sent: Struct): ReplyStruct;
}>;

/** `editScreen`: ADD, UPDATE, VALIDATEONLY and RELEASENOW of a screen with batches. */
export function editScreen(call: Call, rules: ScreenRules): Reply {
  const { world } = call;
  const sent = call.struct("inScreen") ?? {};
  const action = call.text("actionType").toUpperCase();
  switch (action) {
    case "ADD":
      return world.store.commit(() => added(call, rules, sent));
    case "UPDATE":
      return world.store.commit(() => updated(call, rules, sent));
    case "VALIDATEONLY":
      if (!world.switches.validateOnly) break;
      return validated(call, rules, sent);
    case "RELEASENOW":
      if (!world.switches.releaseNow) break;
      return world.store.commit(() => released(call, rules, sent));
  }
  throw new Refusal(`Action type ${action} is not supported`);
}

function added(call: Call, rules: ScreenRules, sent: Struct): Reply {
  const batch = addBatch(call.world, rules.screen, batchOf(sent));
  const hasContent = rules.save(call, batch, sent);
  if (!hasContent) assertEmptyAllowed(call.world, rules.screen, "emptyBatchByEditScreen");
  return rules.render(call, current(call.world, batch), sent);
}

const EMPTY_IN_SCREEN = {
  "08010": "emptyInvoiceBatches",
  "08030": "emptyPaymentBatches",
  "01010": "emptyJournalBatches",
} as const;

/** A site may refuse empty batches by the operation or by the screen. */
function assertEmptyAllowed(
  { switches }: World,
  { number }: Screen,
  byOperation: "emptyBatchByEditBatch" | "emptyBatchByEditScreen",
): void {
  const ofScreen = EMPTY_IN_SCREEN[number as keyof typeof EMPTY_IN_SCREEN];
  if (switches[byOperation] && switches[ofScreen]) return;
  throw new Refusal("A batch without a document cannot be saved");
}

function updated(call: Call, rules: ScreenRules, sent: Struct): Reply {
  const { switches } = call.world;
  const hasDocument = sent.myARDoc !== undefined || sent.myGLTran !== undefined;
  if (hasDocument && !switches.heldBatchesTakeDocuments) {
    throw new Refusal("Documents cannot be added to a saved batch at this site");
  }
  const batch = batchForWrite(call.world, rules.screen, batchOf(sent));
  // A site that lets documents into a released batch leaves the batch itself as it is.
  const isReleased = num(batch, "Rlsed") === 1;
  const changed = isReleased ? batch : updateBatch(call.world, rules.screen, batch, batchOf(sent));
  rules.save(call, changed, sent);
  return rules.render(call, current(call.world, changed), sent);
}

/** Saves inside a rehearsal, so that every check runs and no row stays. */
function validated(call: Call, rules: ScreenRules, sent: Struct): Reply {
  return call.world.store.rehearse(() =>
    textIn(batchOf(sent), "BatNbr") === "" ? added(call, rules, sent) : updated(call, rules, sent),
  );
}

function released(call: Call, rules: ScreenRules, sent: Struct): Reply {
  const { world } = call;
  const batNbr = textIn(batchOf(sent), "BatNbr");
  const batch = batNbr === "" ? undefined : world.store.get("Batch", rules.screen.module, batNbr);
  if (batch === undefined) throw new Refusal(`Batch ${batNbr} not found`, 835);
  const scrn = text(batch, "EditScrnNbr");
  if (scrn !== "" && scrn !== rules.screen.number) {
    throw new Refusal(`Batch ${batNbr} belongs to screen ${scrn}`, 835);
  }
  assertNotStuck(world, batch);
  const outcome = releaseBatch(world, batch);
  const reply = rules.render(call, outcome.batch, sent);
  if (outcome.problem === undefined) return reply;
  const { messageNbr, text: reason } = outcome.problem;
  return { ...reply, errorMessage: new Refusal(reason, messageNbr).message };
}

/** A crashed release leaves its work rows behind; they lock the batch until they are cleaned. */
function assertNotStuck(world: World, batch: Row): void {
  const key = `${text(batch, "Module")} ${text(batch, "BatNbr")}`;
  const until = world.stuckBatches.get(key);
  if (until === undefined) return;
  if (until > world.clock.nowMs()) {
    throw new Refusal(`Batch ${text(batch, "BatNbr")} is locked by another release (WrkRelease)`);
  }
  world.stuckBatches.delete(key);
}

function batchOf(sent: Struct): Struct | undefined {
  const batch = sent.myBatch;
  return typeof batch === "object" && !Array.isArray(batch) ? (batch as Struct) : undefined;
}

function current(world: World, batch: Row): Row {
  return world.store.get("Batch", text(batch, "Module"), text(batch, "BatNbr")) ?? batch;
}

/** `editBatch`: ADD makes an empty batch, UPDATE changes a held one. */
export function editBatch(call: Call, screen: Screen): Reply {
  const { world } = call;
  const sent = call.struct("inItem");
  switch (call.text("actionType").toUpperCase()) {
    case "ADD":
      assertEmptyAllowed(world, screen, "emptyBatchByEditBatch");
      return show(
        world,
        "Batch",
        world.store.commit(() => addBatch(world, screen, sent)),
      );
    case "UPDATE":
      return show(
        world,
        "Batch",
        world.store.commit(() =>
          updateBatch(world, screen, batchForWrite(world, screen, sent), sent),
        ),
      );
    default:
      throw new Refusal(`Action type ${call.text("actionType")} is not supported`);
  }
}
