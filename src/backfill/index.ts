export {
  type BackfillState,
  checkSpan,
  readBackfills,
  startBackfill,
  steerBackfill,
} from "./commands.ts";
export { type BackfillPlan, planBackfill } from "./plan.ts";
export {
  type Backfilling,
  type BackfillingOptions,
  startBackfilling,
} from "./start-backfilling.ts";
