import { toJson } from "../base/json.ts";
import { toDecimal } from "../base/money.ts";
import type { Foreseen, ForeseenDocument } from "../runs/index.ts";
import type { Preview } from "./contract.ts";
import { entriesOfDraft } from "./entries.ts";

/** What a run would book, in the words of the contract. */
export function toPreview({ object, total, documents, stop }: Foreseen): Preview {
  return {
    object,
    total: total === undefined ? null : toDecimal(total),
    currency: total?.currency ?? null,
    documents: documents.map(toDocument),
    problem:
      stop === undefined ? null : { code: stop.code, message: stop.message, cure: stop.cure },
  };
}

function toDocument({ purpose, object, draft, notes }: ForeseenDocument) {
  // The entries are told from drafts as they are saved.
  const saved: unknown = JSON.parse(toJson(draft));
  return {
    purpose,
    object,
    customerId: "customerId" in draft ? draft.customerId : "",
    period: "period" in draft ? draft.period : null,
    notes: [...notes],
    entries: entriesOfDraft(saved, purpose),
  };
}
