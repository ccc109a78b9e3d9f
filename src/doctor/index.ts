export { HUB_CHECKS, PAIR_CHECKS } from "./catalog.ts";
export { refuseFewDecimals } from "./currency-looks.ts";
export type { DoctorDeps } from "./deps.ts";
export { createDoctor, testPair } from "./doctor.ts";
