import { Refusal } from "../soap/fault.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { BATCH_STATUS } from "./batches.ts";
import { journalLines } from "./journals.ts";
import { previousNumber } from "./numbering.ts";
import { applyingIn, documentsOf } from "./release-checks.ts";

/**
 * Voids an unreleased batch as its screen does: lines are deleted, documents become VT, their
 * numbers are free again and ARSetup.LastRefNbr moves back over those that were the last.
 */
export function voidBatch(world: World, batch: Row): Row {
  if (num(batch, "Rlsed") === 1) {
    throw new Refusal(`Batch ${text(batch, "BatNbr")} is released and cannot be voided`);
  }
  if (text(batch, "Module") === "GL") {
    for (const line of journalLines(world.store, "GL", text(batch, "BatNbr"))) {
      world.store.remove("GLTran", line);
    }
  } else {
    voidDocuments(world, batch);
  }
  return world.store.patch("Batch", batch, {
    Status: BATCH_STATUS.voided,
    Rlsed: 1,
    CtrlTot: 0,
    CrTot: 0,
    DrTot: 0,
    CuryCtrlTot: 0,
    CuryCrTot: 0,
    CuryDrTot: 0,
    ...world.audit(text(batch, "EditScrnNbr"), batch),
  });
}

function voidDocuments(world: World, batch: Row): void {
  for (const line of world.store.find("ARTran", "byBatch", text(batch, "BatNbr"))) {
    world.store.remove("ARTran", line);
  }
  for (const document of applyingIn(world.store, batch)) {
    if (num(document, "Rlsed") === 0) continue;
    world.store.patch("ARDoc", document, {
      ApplBatNbr: "",
      ApplBatSeq: 0,
      ApplAmt: 0,
      CuryApplAmt: 0,
    });
  }
  const documents = [...documentsOf(world.store, batch)].reverse();
  for (const document of documents) {
    world.store.remove("ARDoc", document);
    world.store.put("ARDoc", {
      ...document,
      DocType: "VT",
      CuryDocBal: 0,
      DocBal: 0,
      OpenDoc: 0,
      ApplBatNbr: "",
      Rlsed: 1,
    });
    freeNumber(world, text(document, "RefNbr"));
  }
}

function freeNumber(world: World, refNbr: string): void {
  const registered = world.store.get("RefNbr", refNbr);
  if (registered === undefined) return;
  world.store.remove("RefNbr", registered);
  const setup = world.receivablesSetup;
  if (text(setup, "LastRefNbr") !== refNbr) return;
  world.store.patch("ARSetup", setup, { LastRefNbr: previousNumber(refNbr) });
}
