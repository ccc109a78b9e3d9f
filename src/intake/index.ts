export { readArrival } from "./arrival.ts";
export { GroupCommitter, type StoreResult } from "./group-committer.ts";
export { registerIntake } from "./plugin.ts";
export { type ArrivedEvent, storeGroup } from "./store-group.ts";
