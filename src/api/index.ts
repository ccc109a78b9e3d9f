export { type Act, noteAct } from "./acts.ts";
export type {
  ApiDeps,
  Backfills,
  Doctor,
  Golive,
  PairAdmin,
  PairWizard,
  Payouts,
  Proofs,
  Rebuild,
  Telling,
} from "./deps.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
export { describeApi } from "./openapi.ts";
export { registerApi } from "./register-api.ts";
export { lookWhenAsked, openServer } from "./server.ts";
