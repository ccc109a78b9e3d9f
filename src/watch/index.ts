export { acceptFinding, beginHeal, carryOutHeal, readFinding } from "./acts.ts";
export { watchPair } from "./round.ts";
export { askWatch, readWatchStates, type WatchState } from "./rounds.ts";
export { startWatching } from "./start-watch.ts";
export { type Finding, listFindings } from "./store.ts";
