import type { StripePort } from "../../src/canonical/port.ts";
import {
  type ErpConnector,
  type ErpScreen,
  type OrderConnector,
  screenOf,
} from "../../src/erp/port.ts";
import type { Admin } from "../oracle/rows.ts";
import type { ReadFault, WriteStep } from "./faults.ts";
import type { Life } from "./life.ts";
import type { Script } from "./script.ts";
import { type Writing, write } from "./writes.ts";

/** What the ports of a worker stand in: its life, the script of the present run, both sides. */
export type PortSite = Readonly<{
  life: Life;
  script: () => Script;
  sl: Admin;
  stripe: Admin;
  /** Called when a worker is about to release; lets frozen ones go on in just that moment. */
  beforeRelease: (batNbr: string) => Promise<void>;
  /** The step of a batch's write; an application is told from a payment by its intent. */
  stepOf: (screen: ErpScreen, write: BatchWrite, of: IntentOf) => Promise<WriteStep>;
  /** Called at the moments of an order that people in SL may use. */
  onOrder: (moment: OrderMoment, mark: string) => Promise<void>;
}>;

export type BatchWrite = "reserve" | "fill" | "release";
/** An intent by its key or by its batch. */
export type IntentOf = Readonly<{ key: string } | { batNbr: string }>;
export type OrderMoment = "lifting" | "lifted" | "applying";

/** The connector of a worker that can be killed and frozen, with the script's faults. */
export function mortalErp(real: ErpConnector, site: PortSite): ErpConnector {
  const { life } = site;
  const at = (step: WriteStep, mark: string): Writing => {
    return { life, script: site.script(), admin: site.sl, step, mark };
  };
  const own: Partial<ErpConnector> = {
    // What answers at once, without a call to SL, is nothing that a kill could cut off.
    learn: (answers) => real.learn(answers),
    sourceOf: (capability) => real.sourceOf(capability),
    openProbes: (settings) => real.openProbes(settings),
    reserve: async (head, signal) => {
      const step = await site.stepOf(head.screen, "reserve", { key: head.key });
      if (step === "apply.reserve") await site.onOrder("applying", head.key);
      return write(at(step, head.key), () => real.reserve(head, life.link(signal)));
    },
    fill: async (batNbr, draft, signal) => {
      const step = await site.stepOf(screenOf(draft), "fill", { key: draft.key });
      return write(at(step, draft.key), () => real.fill(batNbr, draft, life.link(signal)));
    },
    release: async (screen, batNbr, signal) => {
      await site.beforeRelease(batNbr);
      const step = await site.stepOf(screen, "release", { batNbr });
      await write(at(step, batNbr), () => real.release(screen, batNbr, life.link(signal)));
    },
    orders: guarded(real.orders, ordersOf(real.orders, site, at), life),
    createCustomer: (draft, signal) =>
      write(at("customer.create", draft.key), () => real.createCustomer(draft, life.link(signal))),
    readBatch: (screen, batNbr, signal) =>
      read(site, "batch", () => real.readBatch(screen, batNbr, life.link(signal)), screen),
    readCustomer: (customerId, signal) =>
      read(site, "customer", () => real.readCustomer(customerId, life.link(signal))),
    findCustomersByEmail: (email, signal) =>
      read(site, "email", () => real.findCustomersByEmail(email, life.link(signal))),
  };
  return guarded(real, own, life);
}

/** The writes of an order; what else a connector of orders does passes life's gate. */
function ordersOf(
  real: OrderConnector,
  { life, onOrder }: PortSite,
  at: (step: WriteStep, mark: string) => Writing,
): Partial<OrderConnector> {
  return {
    place: (draft, signal) =>
      write(at("order.place", draft.key), () => real.place(draft, life.link(signal))),
    liftHold: async (orderNumber, signal) => {
      await life.guard(() => onOrder("lifting", orderNumber));
      await write(at("order.lift", orderNumber), () =>
        real.liftHold(orderNumber, life.link(signal)),
      );
      await life.guard(() => onOrder("lifted", orderNumber));
    },
  };
}

/** The same for Stripe. */
export function mortalStripe(real: StripePort, site: PortSite): StripePort {
  const { life } = site;
  const own: Partial<StripePort> = {
    readLane: (laneKey, signal) =>
      read(site, "stripe", () => real.readLane(laneKey, life.link(signal))),
    writeMetadata: (objectId, changes, signal) => {
      const { stripe: admin } = site;
      const writing = { life, script: site.script(), admin, mark: objectId } as const;
      return write({ ...writing, step: "writeback.write" }, () =>
        real.writeMetadata(objectId, changes, life.link(signal)),
      );
    },
  };
  return guarded(real, own, life);
}

/** Every other function of the port passes life's gate as well. */
function guarded<P extends object>(real: P, own: Partial<P>, life: Life): P {
  return new Proxy(real, {
    get: (target, name): unknown => {
      const special: unknown = Reflect.get(own, name);
      if (special !== undefined) return special;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      const call = value as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => life.guard(() => call.apply(target, args));
    },
  });
}

const SL_READ: Readonly<Record<Exclude<ReadFault["read"], "stripe">, object>> = {
  batch: { operation: "getScreenByBatNbr" },
  customer: { operation: "getCustomerByExactID" },
  email: { operation: "getCustomers" },
};
const SERVICE: Readonly<Record<ErpScreen, string>> = {
  invoice: "invoiceAndMemo",
  payment: "paymentApplication",
  journal: "journalTransactions",
};

async function read<T>(
  site: PortSite,
  kind: ReadFault["read"],
  call: () => Promise<T>,
  screen?: ErpScreen,
): Promise<T> {
  await site.life.pass();
  const fault = site.script().nextRead(kind);
  if (fault !== undefined) {
    site.script().hit(`read of ${kind} lost`);
    if (kind === "stripe") await setStripeReadFault(site, fault);
    else await setSlReadFault(site, fault, { ...SL_READ[kind], ...serviceOf(screen) });
  }
  return site.life.guard(call);
}

function serviceOf(screen: ErpScreen | undefined) {
  return screen === undefined ? {} : { service: SERVICE[screen] };
}

async function setStripeReadFault(site: PortSite, { mode }: ReadFault): Promise<void> {
  const effect =
    mode === "drop" ? { action: "drop" } : { action: "error", status: mode === "http" ? 500 : 429 };
  await site.stripe("/faults", { method: "GET", path: "/v1/*", times: 2, ...effect });
}

async function setSlReadFault(site: PortSite, fault: ReadFault, match: object): Promise<void> {
  const effect =
    fault.mode === "http"
      ? { kind: "http", status: 503 }
      : fault.mode === "drop"
        ? { kind: "drop", commit: "never" }
        : { kind: "deadlock" };
  await site.sl("/faults", { match, effect });
}
