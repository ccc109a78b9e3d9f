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
  Readiness,
  Rebuild,
  Telling,
} from "./deps.ts";
export { createMetrics, type LaneGauges, type Metrics } from "./metrics.ts";
export { describeApi } from "./openapi.ts";
export { API_BODY_BYTES_MAX, registerApi } from "./register-api.ts";
export { lookWhenAsked, openServer } from "./server.ts";
