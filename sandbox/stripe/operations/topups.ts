import { invalidRequest, resourceMissing } from "../errors.ts";
import { formatTopup } from "../formatters/payouts.ts";
import { newId } from "../random.ts";
import type { TopupRow } from "../store/balance-rows.ts";
import type { World } from "../world.ts";
import { addOpposite, addRow } from "./balance.ts";
import { emit } from "./emit.ts";

const DAY_SECONDS = 86_400;

/** A top-up by its id. */
export function topupOf(world: World, id: string): TopupRow {
  const row = world.tables.topup.get(id);
  if (row === undefined) throw resourceMissing("topup", id);
  return row;
}

/** What a caller says about a top-up. */
export type NewTopup = Pick<
  TopupRow,
  "amount" | "currency" | "description" | "metadata" | "statement_descriptor" | "transfer_group"
>;

/** Asks the bank for money; it has no row until the bank has sent it. */
export function addTopup(world: World, given: NewTopup): TopupRow {
  const created = world.nowSeconds();
  const row = world.tables.topup.put({
    id: newId("topup"),
    created,
    balance_transaction: null,
    expected_availability_date: created + (world.settings.topupAfterDays ?? 1) * DAY_SECONDS,
    failure_code: null,
    failure_message: null,
    status: "pending",
    ...given,
  });
  emit(world, "topup.created", formatTopup(world, row));
  return row;
}

function putTopup(
  world: World,
  topup: TopupRow,
  { event, ...change }: Partial<TopupRow> & { event: string },
): TopupRow {
  const row = world.tables.topup.put({ ...topup, ...change });
  emit(world, event, formatTopup(world, row));
  return row;
}

function mustBe(topup: TopupRow, status: TopupRow["status"], act: string): void {
  if (topup.status === status) return;
  throw invalidRequest(`You cannot ${act} top-up ${topup.id}: it is ${topup.status}.`);
}

/** Ends a pending top-up: its money comes in as a row, or the bank refused it. */
export function settleTopup(world: World, topup: TopupRow, failureCode?: string): TopupRow {
  mustBe(topup, "pending", "settle");
  if (failureCode !== undefined) {
    return putTopup(world, topup, {
      event: "topup.failed",
      status: "failed",
      failure_code: failureCode,
      failure_message: "The bank did not send the money.",
    });
  }
  const movement = addRow(world, {
    amount: topup.amount,
    currency: topup.currency,
    type: "topup",
    category: "topup",
    source: topup.id,
    description: topup.description ?? "Top-up",
    availableAtOnce: true,
  });
  return putTopup(world, topup, {
    event: "topup.succeeded",
    status: "succeeded",
    balance_transaction: movement.id,
  });
}

/** Calls a pending top-up off; it has never moved the balance. */
export function cancelTopup(world: World, topup: TopupRow): TopupRow {
  mustBe(topup, "pending", "cancel");
  return putTopup(world, topup, { event: "topup.canceled", status: "canceled" });
}

/** The bank takes the money of a top-up back: a row of its own. */
export function reverseTopup(world: World, topup: TopupRow): TopupRow {
  mustBe(topup, "succeeded", "reverse");
  const taken = world.tables.balance_transaction.get(topup.balance_transaction ?? "");
  if (taken !== undefined) {
    const kind = { type: "topup_reversal", category: "topup_reversal", source: topup.id };
    addOpposite(world, taken, { ...kind, description: "Top-up reversal" });
  }
  return putTopup(world, topup, { event: "topup.reversed", status: "reversed" });
}

/** When the first pending top-up is due, in ms. */
export function nextTopup(world: World): number | undefined {
  const moments = world.tables.topup
    .by("status", "pending")
    .map((row) => row.expected_availability_date * 1000);
  return moments.length === 0 ? undefined : moments.reduce((a, b) => Math.min(a, b));
}

/** Lets the top-ups succeed whose day has come. */
export function settleDueTopups(world: World): void {
  for (const topup of world.tables.topup.by("status", "pending")) {
    if (topup.expected_availability_date * 1000 > world.nowMs()) continue;
    world.change(() => settleTopup(world, topup));
  }
}
