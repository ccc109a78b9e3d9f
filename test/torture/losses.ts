import { LATER_SEEDS_FROM, type RunPlan } from "./plan.ts";
import { Chance } from "./random.ts";

/**
 * Some runs lose the hub's database, which is rebuilt. The choices are their own: a seed's others
 * are what they were.
 */
export function withLoss(plan: RunPlan): RunPlan {
  const chance = new Chance(plan.seed ^ 0x105e5);
  const mayLose = !plan.isReal && plan.seed >= LATER_SEEDS_FROM;
  if (!mayLose || !chance.happens(plan.mode === "aftermath" ? 0.4 : 0.15)) return plan;
  return { ...plan, losesAt: chance.next() };
}
