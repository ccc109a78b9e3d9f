import type { Pool } from "pg";
import type { ErpConnector, OrderConnector, ProbeSession } from "../erp/port.ts";
import { callAsGuest } from "../lanes/index.ts";
import type { PairRuntime } from "./pair-runtime.ts";

/** Whose guests they are; the signal says that the process stops. */
export type GuestProcess = Readonly<{ pool: Pool; owner: string; signal: AbortSignal }>;

type Method = (...args: unknown[]) => unknown;

/** The methods that answer by themselves, without a promise: they make no call to the ERP. */
type LocalMethod = {
  [Name in keyof ErpConnector]: ErpConnector[Name] extends (...args: never[]) => infer Answer
    ? Answer extends Promise<unknown>
      ? never
      : Name
    : never;
}[keyof ErpConnector];

/** The compiler asks for each of them by name, so that none is taken for a call. */
const LOCAL: Readonly<Record<LocalMethod, true>> = {
  sourceOf: true,
  learn: true,
  openProbes: true,
};

/**
 * The pair for whoever works outside of its lanes: housekeeping, doctor, rebuild. Each method of
 * its ERP that makes calls takes the guest's place for as long as it lasts, and so does each probe;
 * a method makes its calls one after the other, so lanes and guest together stay within the pair's
 * call limit.
 */
export function asGuest(pair: PairRuntime, process: GuestProcess): PairRuntime {
  const place = { ...process, pair: pair.id, limit: pair.settings.sl.callLimit };
  const call: Call = (work, givenUp) => {
    const signal = givenUp === undefined ? place.signal : AbortSignal.any([place.signal, givenUp]);
    return callAsGuest({ ...place, signal }, work);
  };
  const erp = new Proxy<ErpConnector>(pair.erp, {
    get: (connector, name) => {
      if (name === "openProbes") return openedBy(connector, call);
      if (name === "orders") return calling(connector.orders, call);
      const member: unknown = Reflect.get(connector, name);
      if (!isMethod(member) || Object.hasOwn(LOCAL, name)) return member;
      return (...args: unknown[]) =>
        call(async () => member.apply(connector, args), signalIn(args));
    },
  });
  return { ...pair, erp };
}

/** Makes a call in the guest's place; whoever gives it up waits for no place either. */
type Call = <T>(work: () => Promise<T>, givenUp?: AbortSignal) => Promise<T>;

function signalIn(args: readonly unknown[]): AbortSignal | undefined {
  return args.find((one) => one instanceof AbortSignal);
}

/** Sales orders are a connector of their own, and each of its methods makes calls. */
function calling(orders: OrderConnector, call: Call): OrderConnector {
  return new Proxy(orders, {
    get: (connector, name): unknown => {
      const member: unknown = Reflect.get(connector, name);
      if (!isMethod(member)) return member;
      return (...args: unknown[]) =>
        call(async () => member.apply(connector, args), signalIn(args));
    },
  });
}

function openedBy(connector: ErpConnector, call: Call): ErpConnector["openProbes"] {
  return (settings): ProbeSession => {
    const { probes, cleanUp } = connector.openProbes(settings);
    return {
      probes: probes.map((probe) => ({
        ...probe,
        run: (signal) => call(() => probe.run(signal), signal),
      })),
      cleanUp: (signal) => call(() => cleanUp(signal), signal),
    };
  };
}

function isMethod(member: unknown): member is Method {
  return typeof member === "function";
}
