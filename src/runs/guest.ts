import type { Pool } from "pg";
import type { ErpConnector } from "../erp/port.ts";
import { callAsGuest } from "../lanes/index.ts";
import type { PairRuntime } from "./pair-runtime.ts";

/** Whose guests they are; the signal says that the process stops. */
export type GuestProcess = Readonly<{ pool: Pool; owner: string; signal: AbortSignal }>;

/**
 * The pair for whoever works outside of its lanes: housekeeping, doctor, rebuild. Each method of
 * its ERP takes the guest's place for as long as it lasts; a method makes its calls one after the
 * other, so lanes and guest together stay within the pair's call limit.
 */
export function asGuest(pair: PairRuntime, process: GuestProcess): PairRuntime {
  const place = { ...process, pair: pair.id, limit: pair.settings.sl.callLimit };
  const erp = new Proxy<ErpConnector>(pair.erp, {
    get: (connector, name) => {
      const member: unknown = Reflect.get(connector, name);
      if (!isMethod(member)) return member;
      return (...args: unknown[]) =>
        callAsGuest(place, () => Promise.resolve(member.apply(connector, args)));
    },
  });
  return { ...pair, erp };
}

function isMethod(member: unknown): member is (...args: unknown[]) => unknown {
  return typeof member === "function";
}
