import { Refusal } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, findRate } from "./amounts.ts";
import { checkAccount, enteredRow, saveNote, without } from "./entry.ts";
import { takeBatchNumber } from "./numbering.ts";
import { assertPeriodOpen, periodOf } from "./periods.ts";

/** Batch.Status; transitions are in `dynamics-sl.md` 2.4. */
export const BATCH_STATUS = {
  hold: "H",
  balanced: "B",
  suspended: "S",
  unposted: "U",
  posted: "P",
  completed: "C",
  voided: "V",
} as const;

/** A screen whose batches this sandbox keeps. */
export type Screen = Readonly<{
  number: string;
  module: "AR" | "GL";
  journalType: string;
  name: string;
}>;

/** The screens that keep batches here, as the services call them. */
export const SCREENS = {
  invoice: { number: "08010", module: "AR", journalType: "AR", name: "Invoice and Memo" },
  orderInvoice: { number: "08010", module: "AR", journalType: "OM", name: "Update Shippers" },
  application: { number: "08030", module: "AR", journalType: "AR", name: "Payment Application" },
  journal: { number: "01010", module: "GL", journalType: "GJ", name: "Journal Transactions" },
} as const satisfies Readonly<Record<string, Screen>>;

/** What only SL itself writes into a batch. */
const OWN_COLUMNS = ["BatNbr", "Module", "EditScrnNbr", "Rlsed", "Status", "JrnlType", "NoteID"];

/** Saves a new batch, empty, and returns it with its number. */
export function addBatch(world: World, screen: Screen, sent: Struct | undefined): Row {
  const entered = enteredRow(world, "Batch", sent);
  const status = text(entered, "Status") || BATCH_STATUS.hold;
  if (status !== BATCH_STATUS.hold && status !== BATCH_STATUS.balanced) {
    throw new Refusal(`A batch cannot be saved with status ${status}`);
  }
  const asked = text(entered, "BatNbr");
  if (asked !== "" && world.store.get("Batch", screen.module, asked) !== undefined) {
    throw new Refusal(`Batch ${asked} already exists in module ${screen.module}`);
  }
  const draft = completed(world, screen, without(entered, OWN_COLUMNS));
  assertPeriodOpen(world, screen.module, text(draft, "PerPost"));
  const batNbr = asked === "" ? takeBatchNumber(world, screen.module) : asked;
  return world.store.put("Batch", { ...draft, BatNbr: batNbr, Status: status });
}

/** The batch as SL fills it up from its set-up rows. */
function completed(world: World, screen: Screen, entered: Row): Row {
  const dateEnt = text(entered, "DateEnt") || world.today();
  const currency = text(entered, "CuryId") || world.baseCurrency;
  decimalsOf(world, currency);
  const effective = text(entered, "CuryEffDate") || dateEnt;
  const rateType = text(entered, "CuryRateType") || (currency === world.baseCurrency ? "" : "SPOT");
  const isRateKept = world.switches.suppliedRateKept && num(entered, "CuryRate") > 0;
  const rate = isRateKept
    ? { rate: num(entered, "CuryRate"), multDiv: text(entered, "CuryMultDiv") || "M" }
    : findRate(world, currency, rateType, effective);
  checkAccount(world, text(entered, "BankAcct"), text(entered, "BankSub"));
  const postOption = text(entered, "GLPostOpt");
  return {
    ...entered,
    Module: screen.module,
    EditScrnNbr: screen.number,
    OrigScrnNbr: text(entered, "OrigScrnNbr"),
    JrnlType: screen.journalType,
    BatType: "N",
    BalanceType: "A",
    BaseCuryID: world.baseCurrency,
    CpnyID: text(entered, "CpnyID") || world.companyId,
    OrigCpnyID: text(entered, "OrigCpnyID") || world.companyId,
    CuryEffDate: effective,
    CuryId: currency,
    CuryMultDiv: rate.multDiv,
    CuryRate: rate.rate,
    CuryRateType: rateType,
    DateEnt: dateEnt,
    GLPostOpt:
      world.switches.glPostOptKept && postOption !== ""
        ? postOption
        : text(world.receivablesSetup, "GLPostOpt"),
    LedgerID: text(entered, "LedgerID") || text(world.ledgerSetup, "LedgerID"),
    PerEnt: text(entered, "PerEnt") || periodOf(world, world.now()),
    PerPost: text(entered, "PerPost") || periodOf(world, dateEnt),
    Rlsed: 0,
    ...world.audit(screen.number),
  };
}

/** The batch of the screen, or undefined; batch numbers repeat across modules. */
export function findBatch(
  reader: Pick<World["store"], "get">,
  screen: Screen,
  batNbr: string,
): Row | undefined {
  const batch = reader.get("Batch", screen.module, batNbr);
  return batch !== undefined && text(batch, "EditScrnNbr") === screen.number ? batch : undefined;
}

/** The batch a write names; it must exist and stand on hold, or released where a site is lax. */
export function batchForWrite(world: World, screen: Screen, sent: Struct | undefined): Row {
  const batNbr = sent?.BatNbr;
  const number = typeof batNbr === "string" ? batNbr.trim() : "";
  const batch = number === "" ? undefined : findBatch(world.store, screen, number);
  if (batch === undefined) throw new Refusal(`Batch ${number} not found in ${screen.name}`);
  const isLax = !world.switches.releasedBatchesClosed && num(batch, "Rlsed") === 1;
  if (text(batch, "Status") !== BATCH_STATUS.hold && !isLax) {
    throw new Refusal(
      `Batch ${number} has status ${text(batch, "Status")}; only a batch on hold can be changed`,
    );
  }
  if (text(batch, "CpnyID") !== world.companyId) {
    throw new Refusal(`Batch ${number} belongs to company ${text(batch, "CpnyID")}`);
  }
  return batch;
}

/** Saves what a screen sends of the batch: totals, text, user fields, period, H or B. */
export function updateBatch(
  world: World,
  screen: Screen,
  batch: Row,
  sent: Struct | undefined,
): Row {
  const entered = enteredRow(world, "Batch", sent);
  const status = text(entered, "Status") || BATCH_STATUS.hold;
  if (status !== BATCH_STATUS.hold && status !== BATCH_STATUS.balanced) {
    throw new Refusal(`A held batch cannot be changed to status ${status}`);
  }
  const changes: Row = without(entered, [...OWN_COLUMNS, "CpnyID", "Crtd_DateTime"]);
  const draft = completed(world, screen, { ...batch, ...changes });
  assertPeriodOpen(world, screen.module, text(draft, "PerPost"));
  if (text(draft, "CuryId") !== text(batch, "CuryId") && hasDocuments(world, batch)) {
    throw new Refusal("The currency of a batch with documents cannot be changed", 35);
  }
  return world.store.patch("Batch", batch, {
    ...draft,
    BatNbr: text(batch, "BatNbr"),
    Status: status,
    ...world.audit(screen.number, batch),
  });
}

function hasDocuments(world: World, batch: Row): boolean {
  const batNbr = text(batch, "BatNbr");
  if (text(batch, "Module") === "GL") {
    return world.store.find("GLTran", "byBatch", "GL", batNbr).length > 0;
  }
  return world.store.find("ARDoc", "byBatch", batNbr).length > 0;
}

/** Saves the batch's note, when one is sent. */
export function noteBatch(world: World, batch: Row, note: Struct | undefined): Row {
  const noteId = saveNote(world, note, {
    table: "Batch",
    level: "BATCH",
    noteId: num(batch, "NoteID"),
  });
  if (noteId === num(batch, "NoteID")) return batch;
  return world.store.patch("Batch", batch, { NoteID: noteId });
}
