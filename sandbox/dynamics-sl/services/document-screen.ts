import { noteBatch, type Screen } from "../rules/batches.ts";
import type { DocumentScreen } from "../rules/invoices.ts";
import type { ReplyStruct } from "../soap/answer.ts";
import { fold, num, type Reader, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { type Call, listIn, show, showAll, showNote, structIn, textIn } from "./handler.ts";
import type { ScreenRules } from "./screens.ts";

/** What differs between the receivables screens that show a batch with one document of it. */
export type DocumentRules = Readonly<{
  screen: Screen;
  /** What the contract calls the note of the document. */
  noteName: "invoiceNote" | "documentNote";
  save(world: World, batch: Row, sent: DocumentScreen): Row;
  documents(reader: Reader, batch: Row): readonly Row[];
  lines(reader: Reader, document: Row, batNbr: string): readonly Row[];
}>;

/** How such a screen is saved and shown. */
export function documentScreen(of: DocumentRules): ScreenRules {
  return {
    screen: of.screen,
    save: (call, batch, sent) => {
      const noted = noteBatch(call.world, batch, structIn(sent, "batchNote"));
      const document = structIn(sent, "myARDoc");
      if (document === undefined) return false;
      of.save(call.world, noted, {
        document,
        lines: listIn(sent, "myARTran", "ARTran"),
        note: structIn(sent, of.noteName),
        ...call.limits,
      });
      return true;
    },
    render: (call, batch, sent) => {
      const { store } = call.world;
      const refNbr = textIn(structIn(sent, "myARDoc"), "RefNbr");
      const documents = of.documents(store, batch);
      const named = documents.find(
        (row) => refNbr !== "" && fold(text(row, "RefNbr")) === fold(refNbr),
      );
      const shown = { batch, document: named ?? documents[documents.length - 1] };
      return showDocument(call, of, { reader: store, ...shown });
    },
  };
}

/** The screen as a reply. */
export function showDocument(
  call: Call,
  of: DocumentRules,
  { reader, batch, document }: Readonly<{ reader: Reader; batch: Row; document: Row | undefined }>,
): ReplyStruct {
  const { world } = call;
  const lines = document === undefined ? [] : of.lines(reader, document, text(batch, "BatNbr"));
  return {
    batchHandling: "",
    errorMessage: "",
    myBatch: show(world, "Batch", batch),
    myARDoc: document === undefined ? undefined : show(world, "ARDoc", document),
    myARTran: showAll(world, "ARTran", lines),
    batchNote: showNote(world, num(batch, "NoteID")),
    [of.noteName]: showNote(world, num(document, "NoteId")),
  };
}
