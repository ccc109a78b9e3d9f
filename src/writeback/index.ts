export { changedMetadata, compareMetadata, type MetadataChange } from "./metadata-change.ts";
export {
  type PlannedMetadata,
  plannedMetadata,
  type WritebackSettings,
  type WritebackSources,
  type WrittenDocument,
} from "./plan.ts";
