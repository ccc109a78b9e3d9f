import type { Capability, CapabilityAnswer } from "./capabilities.ts";
import type { GlAccount } from "./drafts.ts";

/** What probes are made with; each writes under keys of its own. */
export type ProbeSettings = Readonly<{
  period: string;
  currency: string;
  documentDate: string;
  terms: string;
  receivable: GlAccount;
  sales: GlAccount;
  cash: GlAccount;
  /** A fresh key that is told from those of intents, also by whoever compares hub and SL. */
  newKey(): string;
  /** Whom the test documents are for; empty where none may be written. */
  customerId: string;
  /** A customer with AutoApply on, or empty. */
  autoApplyCustomerId: string;
  /** A currency of the site other than its base, or empty. */
  foreignCurrency: string;
}>;

/** What a probe leaves in SL. */
export type ProbeWrites = "nothing" | "empty batches" | "held documents" | "released documents";

/** `cannot` is no answer, nor is a refusal that speaks of something else: the reason says why. */
export type ProbeFinding = Readonly<{
  answer: Exclude<CapabilityAnswer, "probe"> | "cannot";
  detail: string;
}>;

/** One question to a site, with what its answers mean. */
export type SiteProbe = Readonly<{
  name: Capability | "server-limit";
  /** What is done, for who only wants to know. */
  does: string;
  writes: ProbeWrites;
  /** Why no site can be asked, where that is known before any is. */
  unasked?: string;
  yes: string;
  no: string;
  cure: string;
  /** @throws HubError where the site did not answer at all */
  run(signal?: AbortSignal): Promise<ProbeFinding>;
}>;

/** Probes that share their test documents, in the order in which they are to be asked. */
export type ProbeSession = Readonly<{
  probes: readonly SiteProbe[];
  /** Reverses what was released, and names everything that stays in SL. */
  cleanUp(signal?: AbortSignal): Promise<readonly string[]>;
}>;
