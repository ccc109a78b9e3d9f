export { createPairAdmin } from "./pair-admin.ts";
export { type MakeRuntime, PairBook } from "./pair-book.ts";
export { createWizard } from "./wizard.ts";
