export { createDoctor, testPair } from "./doctor.ts";
