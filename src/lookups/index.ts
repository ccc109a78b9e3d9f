export { CACHE_RULES, type CacheRule, type LookupKind } from "./cache-rules.ts";
export {
  type Answered,
  createLookups,
  type LookupDeps,
  type Lookups,
  type Wanted,
} from "./lookups.ts";
export type { BookedDocument, ItemAsked, OrderStanding } from "./questions.ts";
