export { type ColumnRead, columnReads } from "./columns.ts";
export {
  type MetadataChange,
  metadataChange,
  plannedBatches,
  plannedMetadata,
  plannedRefundMetadata,
  type WritebackSettings,
  type WrittenDocument,
  type WrittenDocuments,
} from "./plan.ts";
