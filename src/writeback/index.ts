export { type ColumnRead, columnReads } from "./columns.ts";
export {
  type MetadataChange,
  metadataChange,
  plannedMetadata,
  type WritebackSettings,
  type WrittenDocument,
  type WrittenDocuments,
} from "./plan.ts";
