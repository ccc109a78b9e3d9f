import { HubError } from "../../base/errors.ts";
import type { ErpConnector, GlAccount, InvoiceLineDraft, MemoDraft } from "../../erp/port.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";

/** What of a memo's line tells where its money is. */
export type WashLine = Pick<InvoiceLineDraft, "amount" | "sales">;

type Memo = Pick<Intent<Partial<MemoDraft>, DocumentReceipt>, "draft" | "receipt">;

/** What of a pair is asked. */
type Asked = Readonly<{
  erp: Pick<ErpConnector, "readBatch">;
  settings: Readonly<{ accounts: Pick<PairRuntime["settings"]["accounts"], "wash"> }>;
}>;

/**
 * The lines by which a memo has put money on the wash account; none of one that hits clearing, or
 * of a payment. What is begun says so itself, whatever the settings say now; of a memo that a
 * rebuild took over without its draft SL tells.
 *
 * @throws HubError `erp.not_found`
 */
export async function washLines(
  { erp, settings }: Asked,
  memo: Pick<Intent, "draft" | "receipt">,
): Promise<readonly WashLine[]> {
  const { draft, receipt } = memo as Memo;
  if (draft.kind !== undefined) return (draft.lines ?? []).filter(({ role }) => role === "wash");
  const { wash } = settings.accounts;
  const isMemo = receipt?.type === "DM" || receipt?.type === "CM";
  if (wash === undefined || receipt === undefined || !isMemo) return [];
  const { type, refNbr, batNbr } = receipt;
  const batch = await erp.readBatch("invoice", batNbr);
  const shown = batch?.documents.find((one) => one.type === type && one.refNbr === refNbr);
  if (shown === undefined) {
    throw new HubError("erp.not_found", `SL does not show ${type} ${refNbr} in batch ${batNbr}`, {
      facts: { type, refNbr, batNbr },
    });
  }
  return shown.lines.filter(({ sales }) => isSameAccount(sales, wash));
}

/** The same lines of a memo as SL shows them, marked as a draft of ours marks them. */
export function withWash<L extends InvoiceLineDraft>(
  lines: readonly L[],
  { accounts: { wash } }: Asked["settings"],
): readonly L[] {
  if (wash === undefined) return lines;
  return lines.map((line) => (isSameAccount(line.sales, wash) ? { ...line, role: "wash" } : line));
}

function isSameAccount(one: GlAccount, other: GlAccount): boolean {
  const text = ({ account, subaccount }: GlAccount) =>
    `${account.trim()}/${subaccount.trim()}`.toUpperCase();
  return text(one) === text(other);
}
