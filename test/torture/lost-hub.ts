import { systemClock } from "../../src/base/clock.ts";
import { Reference, rebuildPair } from "../../src/runs/index.ts";
import { openStripe } from "../../src/stripe/index.ts";
import { type Row, textOf } from "../oracle/rows.ts";
import { connect } from "./hub-parts.ts";
import { HUB_TABLES } from "./hub-tables.ts";
import type { Site } from "./site.ts";

/** Whatever was sent has taken effect by then, and every view shows it. */
const SETTLED_MS = 20 * 60_000;
/** Older than all that a run makes. */
const SINCE_MS = 3 * 24 * 3_600_000;

/**
 * The hub's database is gone with all that it held, and its processes with it. A person starts a
 * new one and runs `slipway rebuild`: what SL holds is taken over by its keys.
 */
export async function loseHub(site: Site): Promise<void> {
  const { pair, pool, settings, script, time } = site;
  for (const { life } of site.wanted) life.kill();
  await Promise.all(site.dying);
  await Promise.all(script.background);
  await time.jump(site, SETTLED_MS);
  await markHeld(site);
  await pool.query(`delete from ${HUB_TABLES.join("; delete from ")}`);
  script.hit("the hub's database was lost and rebuilt");
  script.note("the hub's database is lost");
  const erp = connect(settings);
  try {
    const runtime = {
      ...{ id: pair, settings: site.settingsNow, stripe: openStripe(settings), erp },
      reference: new Reference(erp, systemClock),
    };
    const since = new Date(Date.now() - SINCE_MS);
    const { adopted, unexplained, woken } = await rebuildPair(pool, runtime, {
      ...{ since, dryRun: false },
      onProgress: (text) => script.note(`rebuild: ${text}`),
    });
    script.note(`rebuilt: ${adopted} taken over, ${woken} run again`);
    if (unexplained.length > 0) {
      throw new Error(`a rebuild could not explain ${unexplained.join(", ")}`);
    }
  } finally {
    erp.close();
  }
  site.hasNewRows = true;
  await site.startMissing();
}

/**
 * What was begun and is not released stays on hold as it is, and what a hub without its memory
 * would write may differ from it by now: a person voids it then.
 */
async function markHeld({ sl, script }: Site): Promise<void> {
  for (const batch of await sl<Row[]>("/rows?table=Batch")) {
    if (textOf(batch, "Status") === "H") script.spoil(textOf(batch, "User2"));
  }
}
