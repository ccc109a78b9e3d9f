export { createPairAdmin } from "./pair-admin.ts";
export { type MakeRuntime, PairBook } from "./pair-book.ts";
export { createSettingsHistory, type SettingsHistory } from "./settings-history.ts";
export { createWizard } from "./wizard.ts";
