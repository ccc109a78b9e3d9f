export type { CheckItem } from "./checklist.ts";
export { type CloseDeps, type Closed, type CloseWanted, closePeriod, listCloses } from "./close.ts";
export { type Compared, compareClosed, type LaterChange } from "./close-documents.ts";
export { proofCsv } from "./csv.ts";
export { FINDING_KINDS, type Finding } from "./documents.ts";
export { proofPaper } from "./paper.ts";
export type { Entry, Proof, TimingLine } from "./prove.ts";
export { type ProofDeps, type ProofWanted, runProof } from "./run-proof.ts";
export { lastDayOver, todayOf } from "./span.ts";
