import { HubError } from "../../base/errors.ts";
import {
  type BatchHead,
  type DocumentDraft,
  type EntryDraft,
  type ErpScreen,
  screenOf,
} from "../port.ts";
import { applicationScreen } from "./applications.ts";
import {
  applicationRow,
  batchRow,
  headOf,
  invoiceLineRows,
  invoiceRow,
  noteRow,
  paymentRow,
} from "./document-rows.ts";
import { asRow, type WireRow } from "./envelope.ts";
import { journalBatchRow, journalScreen } from "./journals.ts";
import { ALREADY_RELEASED } from "./outcome.ts";
import { readScreen, type ScreenCache } from "./read-batch.ts";
import { assertRated, SERVICE, type Site, templateOf } from "./site.ts";
import type { CallOptions } from "./soap-client.ts";
import { flagOf, isSameId, textOf } from "./wire-values.ts";

/** Saves an empty held batch that carries the key; see `ErpConnector.reserve`. */
export async function reserve(
  site: Site,
  head: BatchHead,
  signal: AbortSignal | undefined,
): Promise<Readonly<{ batNbr: string }>> {
  const write = { kind: "write", signal } as const;
  const template = await templateOf(site, SERVICE[head.screen]);
  assertRated(template, head);
  const saved = await saveEmpty(site, template, head, write);
  const batNbr = textOf(saved, "BatNbr").trim();
  if (batNbr === "") throw unexpected("SL saved a batch without giving its number");
  return { batNbr };
}

/** 08.030 alone has no operation for a batch without its document. */
async function saveEmpty(
  site: Site,
  template: WireRow,
  head: BatchHead,
  write: CallOptions,
): Promise<WireRow | undefined> {
  const actionType = "ADD";
  if (head.screen === "payment") {
    const inScreen = { myBatch: batchRow(site, template, head) };
    const answer = await site.client.call(
      "paymentApplication",
      "editScreen",
      { actionType, inScreen },
      write,
    );
    return batchOf(answer);
  }
  const isJournal = head.screen === "journal";
  const inItem = (isJournal ? journalBatchRow : batchRow)(site, template, head);
  return asRow(
    await site.client.call(SERVICE[head.screen], "editBatch", { actionType, inItem }, write),
  );
}

/** Saves batch and document together, on hold; see `ErpConnector.add`. */
export async function add(
  site: Site,
  draft: DocumentDraft,
  signal: AbortSignal | undefined,
): Promise<Readonly<{ batNbr: string }>> {
  const write = { kind: "write", signal } as const;
  const service = SERVICE[screenOf(draft)];
  const template = await templateOf(site, service);
  assertRated(template, draft);
  const inScreen = await heldScreen(site, template, { batNbr: "", draft, signal });
  const answer = asRow(
    await site.client.call(service, "editScreen", { actionType: "ADD", inScreen }, write),
  );
  const batNbr = textOf(batchOf(answer), "BatNbr").trim();
  const refNbr = draft.kind === "journal" ? batNbr : textOf(asRow(answer?.myARDoc), "RefNbr");
  if (batNbr === "" || refNbr === "") {
    throw unexpected("SL answered the ADD without the document's number", { batNbr, refNbr });
  }
  return { batNbr };
}

/** Writes the document into its held batch; see `ErpConnector.fill`. */
export async function fill(
  site: Site,
  batNbr: string,
  draft: DocumentDraft,
  signal: AbortSignal | undefined,
): Promise<void> {
  const write = { kind: "write", signal } as const;
  const service = SERVICE[screenOf(draft)];
  const template = await templateOf(site, service);
  assertRated(template, draft);
  const inScreen = await heldScreen(site, template, { batNbr, draft, signal });
  const answer = asRow(
    await site.client.call(service, "editScreen", { actionType: "UPDATE", inScreen }, write),
  );
  const savedIn = textOf(batchOf(answer), "BatNbr");
  const refNbr = draft.kind === "journal" ? savedIn : textOf(asRow(answer?.myARDoc), "RefNbr");
  if (!isSameId(savedIn, batNbr) || refNbr === "") {
    const facts = { batNbr, savedIn, refNbr };
    throw unexpected("SL answered the fill without the document's number", facts);
  }
}

/** Releases the whole batch; see `ErpConnector.release`. */
export async function release(
  site: Site,
  cache: ScreenCache,
  batch: Readonly<{ screen: ErpScreen; batNbr: string }>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { screen, batNbr } = batch;
  const inScreen = cache.take(screen, batNbr) ?? (await readScreen(site, screen, batNbr, signal));
  if (inScreen === undefined) {
    throw new HubError("erp.not_found", `SL has no batch ${batNbr}`, { facts: { batNbr } });
  }
  const before = batchOf(inScreen);
  // Released already: a second release would only be told so.
  if (flagOf(before, "Rlsed") && textOf(before, "Status") !== "V") return;
  try {
    const answer = await site.client.call(
      SERVICE[screen],
      "editScreen",
      { actionType: "RELEASENOW", inScreen },
      { kind: "write", signal },
    );
    const answered = textOf(batchOf(answer), "BatNbr");
    if (!isSameId(answered, batNbr)) {
      throw unexpected("SL answered the release for another batch", { batNbr, answered });
    }
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.facts.messageNbr === ALREADY_RELEASED) return;
    throw thrown;
  }
}

/** The screen that puts a draft on hold, whatever it is. */
async function heldScreen(
  site: Site,
  template: WireRow,
  what: Readonly<{ batNbr: string; draft: DocumentDraft; signal: AbortSignal | undefined }>,
): Promise<WireRow> {
  const { batNbr, draft, signal } = what;
  if (draft.kind === "journal") return journalScreen(site, template, batNbr, draft);
  return draft.kind === "application"
    ? applicationScreen(site, template, { batNbr, draft, signal })
    : screenRow(site, template, batNbr, draft);
}

/** The screen of a document on hold: in the batch `batNbr`, or in a new one where it is empty. */
export function screenRow(
  site: Site,
  template: WireRow,
  batNbr: string,
  draft: EntryDraft,
): WireRow {
  if (draft.kind !== "payment") {
    return {
      myBatch: batchRow(site, template, headOf(draft), { batNbr, total: draft.total }),
      myARDoc: invoiceRow(site, template, batNbr, draft),
      myARTran: invoiceLineRows(site, template, batNbr, draft),
      invoiceNote: noteRow(template, "invoiceNote", draft.note),
    };
  }
  return {
    myBatch: batchRow(site, template, headOf(draft), { batNbr, total: draft.amount }),
    myARDoc: paymentRow(site, template, batNbr, draft),
    myARTran: draft.applications.map(({ invoiceRefNbr, ...line }, index) => {
      const application = { type: "IN", ...line, refNbr: invoiceRefNbr } as const;
      return applicationRow(site, template, draft, { batNbr, index, application });
    }),
    documentNote: noteRow(template, "documentNote", draft.note),
  };
}

/** The batch of a screen. */
export function batchOf(screen: unknown): WireRow | undefined {
  return asRow(asRow(screen as WireRow | undefined)?.myBatch);
}

/** Answered, but not as the contract says: what SL did, reading must tell. */
function unexpected(message: string, facts: Readonly<Record<string, string>> = {}): HubError {
  return new HubError("erp.outcome_open", message, { facts });
}
