import type { DoctorAnswer } from "../../src/api/contract.ts";
import type { World } from "../support/world.ts";

/** What lets a probe write documents. */
export const CONSENT = { testCompany: "0060", customer: "C300" };

/** The doctor's answer about the world's pair. */
export function askDoctor(world: World, body: object = {}): Promise<DoctorAnswer> {
  return world.api<DoctorAnswer>("/api/doctor", {
    method: "POST",
    body: { pair: world.pair, ...body },
  });
}
