import { SandboxClock } from "../../kit/clock.ts";
import { loadContracts } from "../contract/contract.ts";
import { CALENDAR_YEAR, seed } from "../seed/seed.ts";
import { tableDefinitions } from "../tables/schema.ts";
import { Store } from "../tables/store.ts";
import { World } from "../world.ts";

const definitions = tableDefinitions(loadContracts());

/** A seeded database without a server around it, for histories of many steps. */
export function aWorld(): World {
  const clock = new SandboxClock();
  const store = new Store(definitions, undefined, () => clock.nowMs());
  const now = new Date(clock.nowMs()).toISOString();
  seed(store, {
    companyId: "0060",
    firstPeriod: `${now.slice(0, 4)}01`,
    currentPeriod: now.slice(0, 4) + now.slice(5, 7),
    baseCurrency: "USD",
    periodEnds: CALENDAR_YEAR,
    multiCurrency: true,
  });
  return new World(store, clock, "0060");
}
