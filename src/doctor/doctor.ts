import type { CapabilityRow, Check } from "../api/contract.ts";
import type { Doctor } from "../api/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import { listCapabilities } from "./capabilities.ts";
import { takeLooks } from "./check.ts";
import type { DoctorDeps } from "./deps.ts";
import { hubLooks } from "./hub-looks.ts";
import { pairLooks } from "./pair-looks.ts";
import { probeSite } from "./probe.ts";
import { subscriberLooks } from "./subscriber-looks.ts";

/** Looks for what is wrong with the hub and its pairs; with `probe` also asks the sites. */
export function createDoctor(deps: DoctorDeps): Doctor {
  const { pool, book } = deps;
  return {
    touches: deps.touches,
    run: async ({ pair, probe, consent }) => {
      const pairs = pair === undefined ? book.all() : [book.require(pair)];
      const looks = [...hubLooks(deps), ...(await subscriberLooks(deps.pool))];
      const checks = await takeLooks(null, looks);
      const capabilities: CapabilityRow[] = [];
      for (const one of pairs) {
        checks.push(...(await takeLooks(one.id, pairLooks(deps, one))));
        if (probe) checks.push(...(await probeSite(pool, one, consent)));
        capabilities.push(...(await listCapabilities(pool, one)));
      }
      return { checks, capabilities };
    },
  };
}

/** The looks of one pair alone, for `slipway pair test`. */
export function testPair(deps: DoctorDeps, pair: PairRuntime): Promise<Check[]> {
  return takeLooks(pair.id, pairLooks(deps, pair));
}
