import type { World } from "../support/world.ts";
import { dayAgo } from "./days-ago.ts";

// SL's fiscal periods in the sandbox: the calendar months, `YYYYPP`.

/** That of the month of a day (default: today), or of one so many months later. */
export function periodAt(months: number, day = dayAgo(0)): string {
  const [year = 0, month = 1] = day.split("-").map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  return first.toISOString().slice(0, 7).replace("-", "");
}

/** From now on every period before this one is closed, for receivables and ledger alike. */
export function openFrom(world: World, period: string): Promise<unknown> {
  return world.slAdmin("/periods", { receivables: period, ledger: period });
}
