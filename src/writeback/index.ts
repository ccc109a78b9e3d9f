export { columnReads } from "./columns.ts";
export {
  type MetadataChange,
  metadataChange,
  plannedBatches,
  plannedMetadata,
  plannedRefundMetadata,
  type WrittenDocument,
} from "./plan.ts";
