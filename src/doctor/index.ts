export { HUB_CHECKS, PAIR_CHECKS } from "./catalog.ts";
export type { DoctorDeps } from "./deps.ts";
export { createDoctor, testPair } from "./doctor.ts";
export { refuseAtSetUp } from "./set-up.ts";
