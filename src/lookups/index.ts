export { CACHE_RULES } from "./cache-rules.ts";
export { type Answered, createLookups, type Lookups, type Wanted } from "./lookups.ts";
export type { BookedDocument, OrderStanding } from "./questions.ts";
