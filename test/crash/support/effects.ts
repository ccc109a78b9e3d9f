import { CHARGE_EFFECTS } from "../../../src/runs/charges/charge-run.ts";
import { ORDER_EFFECTS } from "../../../src/runs/orders/order-run.ts";
import type { WireCall } from "./barrier.ts";
import type { Order } from "./orders.ts";

type Effect = (typeof CHARGE_EFFECTS)[number];
type StepOf<E extends Effect> = E extends Effect ? `${E["purpose"]} ${E["writes"][number]}` : never;
/** One outside write of a charge, such as `invoice fill`. */
export type Step = StepOf<Effect>;

/** Where a write goes, and how it looks on the wire for one order. */
export type StepCall = Readonly<{
  name: string;
  target: "SL" | "Stripe";
  isOf: (call: WireCall, order: Order) => boolean;
}>;

/** The calls of each step; a new effect of a charge does not compile without its row here. */
const WIRE: Readonly<Record<Step, readonly StepCall["isOf"][]>> = {
  "customer create": [screen("customerMaintenance", "editScreen", "ADD")],
  "invoice reserve": [screen("invoiceAndMemo", "editBatch", "ADD")],
  "invoice fill": [screen("invoiceAndMemo", "editScreen", "UPDATE")],
  "invoice release": [screen("invoiceAndMemo", "editScreen", "RELEASENOW")],
  "payment reserve": [screen("paymentApplication", "editScreen", "ADD")],
  "payment fill": [screen("paymentApplication", "editScreen", "UPDATE")],
  "payment release": [screen("paymentApplication", "editScreen", "RELEASENOW")],
  "writeback write": [
    (call, { intentId }) => isPost(call, `/v1/payment_intents/${intentId}`),
    (call, { customerId }) => isPost(call, `/v1/customers/${customerId}`),
  ],
};

/** Every call of every step, in the order in which a charge makes them. */
export const STEP_CALLS: readonly StepCall[] = CHARGE_EFFECTS.flatMap((effect) =>
  effect.writes.flatMap((write) => {
    const step = `${effect.purpose} ${write}` as Step;
    const calls = WIRE[step];
    return calls.map((isOf, index) => ({
      name: calls.length === 1 ? step : `${step} ${index + 1}`,
      target: effect.target,
      isOf,
    }));
  }),
);

/** The calls by which a sales order and its money come to stand in SL, in their order. */
export const ORDER_STEP_CALLS: readonly StepCall[] = [
  { name: "order place", target: "SL", isOf: onOrder("placeOrder", ({ intentId }) => intentId) },
  ...(["reserve", "fill", "release"] as const).map((write) => stepCall(`payment ${write}`)),
  // The call names the order alone; all other orders stand before they come to it.
  { name: "order lift", target: "SL", isOf: onOrder("adminHoldFlag", () => "") },
];

/** The screen of each purpose that comes once an order has shipped. */
const SCREEN_OF: Readonly<Record<string, "payment" | "invoice">> = {
  apply: "payment",
  rounding: "invoice",
};

/** The calls by which the invoice of a shipped order is paid, and a rest of cents closed. */
export const SHIPPED_STEP_CALLS: readonly StepCall[] = ORDER_EFFECTS.flatMap((effect) => {
  const own = SCREEN_OF[effect.purpose];
  if (own === undefined) return [];
  return effect.writes.map((write) => {
    return { ...stepCall(`${own} ${write}`), name: `${effect.purpose} ${write}` };
  });
});

/** The call of this name. */
export function stepCall(name: string): StepCall {
  const found = STEP_CALLS.find((step) => step.name === name);
  if (found === undefined) throw new Error(`No charge has a step "${name}"`);
  return found;
}

/** A release: the commit point, of which a pair has one at a time. */
export function isRelease(step: StepCall): boolean {
  return step.name.endsWith(" release");
}

/**
 * The steps in rounds of those that can be stopped at once. A pair has one release at a time, so
 * each screen's fill, which waits for its turn to release, and its release have a round of their
 * own; all other steps go with the first.
 */
export const ROUNDS: readonly Readonly<{ name: string; steps: readonly StepCall[] }>[] = (
  ["invoice", "payment"] as const
).map((screen) => {
  const steps = STEP_CALLS.filter(({ name }) =>
    takesTurns(name) ? name.startsWith(`${screen} `) : screen === "invoice",
  );
  return { name: steps.map((step) => step.name).join(", "), steps };
});

function takesTurns(step: string): boolean {
  return / (fill|release)$/.test(step);
}

/** A call that changes something in SL. */
export function isSlWrite(call: WireCall): boolean {
  return /^edit/.test(call.operation);
}

function screen(service: string, operation: string, action: string): StepCall["isOf"] {
  const actionType = new RegExp(`<(\\w+:)?actionType[^>]*>${action}</`);
  return (call, order) =>
    call.path.endsWith(`/${service}.asmx`) &&
    call.operation === operation &&
    actionType.test(call.body) &&
    [order.customerId, order.intentId, order.chargeId].some((id) => call.body.includes(id));
}

function onOrder(operation: string, mark: (order: Order) => string): StepCall["isOf"] {
  return (call, order) =>
    call.path.endsWith("/orders.asmx") &&
    call.operation === operation &&
    call.body.includes(mark(order));
}

function isPost(call: WireCall, path: string): boolean {
  return call.method === "POST" && call.path === path;
}
