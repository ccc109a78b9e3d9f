import { HubError } from "../../base/errors.ts";
import { toDecimal } from "../../base/money.ts";
import type { BatchReading, DocumentDraft } from "../../erp/port.ts";
import type { Door } from "../write/door.ts";
import type { Intent } from "../write/intent.ts";

/**
 * Asserts that a released batch has applied what its draft asks for. Its lines are gone from the
 * batch by then, so only the view of applications can tell; where there is none, the balances of
 * both documents are what later runs plan by.
 *
 * @throws HubError `conflict.batch_content`
 */
export async function assertApplied(
  door: Door,
  intent: Intent<DocumentDraft>,
  reading: BatchReading,
): Promise<void> {
  const { draft } = intent;
  if (draft.kind !== "application" || !reading.isReleased) return;
  if (door.erp.capabilities["find-applications"] !== "yes") return;
  const { batNbr } = reading;
  const rows = await door.erp.listApplications(draft.customerId, [draft.payer], door.signal);
  const done = rows.filter((row) => row.batNbr === batNbr && !row.isPending);
  const found = done.map(({ target, amount }) => lineText({ ...target, amount })).sort();
  const expected = draft.applications.map((line) => lineText(line)).sort();
  // Views may lag behind a release; what they do not show yet proves nothing.
  if (found.length === 0 || found.join("; ") === expected.join("; ")) return;
  throw new HubError(
    "conflict.batch_content",
    `Batch ${batNbr} was released with other applications: ${found.join("; ")}`,
    {
      facts: { batNbr, key: intent.key, expected: expected.join("; ") },
      cure:
        "Somebody changed the batch before its release. Correct the applications in SL " +
        "(08.240), then dismiss.",
    },
  );
}

function lineText(
  line: Readonly<{ type: string; refNbr: string; amount: Parameters<typeof toDecimal>[0] }>,
): string {
  return `${toDecimal(line.amount)} to ${line.type} ${line.refNbr}`;
}
