import type { ProbeFinding } from "../../port.ts";
import { asRow, asRows, type WireRow } from "../envelope.ts";
import { dateToWire } from "../wire-values.ts";
import { CannotAsk, needed, no, noBy, type Question, tried, yes } from "./asking.ts";
import { cell, nameOf, type ProbeBench, screenOf, type TestDocument } from "./bench.ts";
import { theBatch } from "./empty-batches.ts";
import { heldJournal, journalLines, readJournal } from "./journal.ts";

type Signal = AbortSignal | undefined;

const HELD = {
  does: "saves documents of the least amount on hold",
  writes: "held documents",
} as const;

/** Questions that are asked with documents on hold, which book nothing. */
export function heldQuestions(bench: ProbeBench): Question[] {
  return [
    {
      ...HELD,
      name: "append",
      yes: "a reserved batch is filled",
      no: "documents are added in one call, and found by key when its answer is lost",
      cure: "Nothing to do where the views of site/sql are; without them runs park.",
      ask: (signal) => askAppend(bench, signal),
    },
    ...keepQuestions(bench),
    ...searchQuestions(bench),
    {
      ...HELD,
      name: "validate-only",
      yes: "a document can be checked before it is written",
      no: "documents are checked by writing them",
      cure: "Nothing to do.",
      ask: (signal) => askValidateOnly(bench, signal),
    },
    {
      ...HELD,
      name: "prepayment",
      yes: "money for an order is kept apart as a prepayment",
      no: "money for an order is booked as a payment",
      cure: "Nothing to do: the hub books invoices and the payments of them.",
      ask: async (signal) => {
        // A plain payment passes, so a refusal speaks of the prepayment.
        await heldDocument(bench, "PA", signal);
        const end = await tried(() => bench.hold("PP", {}, signal));
        return "refused" in end ? noBy(end.refused) : yes(`${nameOf(end.done)} was saved`);
      },
    },
  ];
}

function keepQuestions(bench: ProbeBench): Question[] {
  return [
    {
      ...HELD,
      name: "keep-keys",
      yes: "what the hub wrote is found by its key",
      no: "the hub refuses to write: nothing could be proved to stand once",
      cure: "Free User1 and User2 of Batch and ARDoc, or name other fields in field.key, field.id.",
      ask: (signal) => askKept(bench, signal, lostKeys(bench)),
    },
    {
      ...HELD,
      name: "keep-notes",
      yes: "full ids and links stand in the notes",
      no: "full ids and links stand in the hub alone",
      cure: "Nothing to do; slipway trace leads from any SL number to its Stripe ids.",
      ask: (signal) => askKept(bench, signal, lostNotes),
    },
    {
      ...HELD,
      name: "post-in-detail",
      yes: "each ledger line can be followed to its document",
      no: "the ledger has sums only, so a proof cannot name documents",
      cure: "Set GL Posting Option to Detail in AR Setup (08.950).",
      ask: (signal) => askKept(bench, signal, lostDetail),
    },
    {
      ...HELD,
      name: "keep-journal",
      yes: "journals are found by key and followed to their rows",
      no: "journals could not be proved to stand once",
      cure: "Free User1 and User2 of Batch and GLTran in 01.010.",
      ask: (signal) => askJournal(bench, signal),
    },
  ];
}

function searchQuestions(bench: ProbeBench): Question[] {
  const cure = "Keep the views of site/sql installed.";
  return [
    {
      ...HELD,
      name: "search-unreleased",
      yes: "a second look-up exists where the views are missing",
      no: "only the views show unreleased documents",
      cure,
      ask: async (signal) => {
        const document = await heldDocument(bench, "IN", signal);
        const end = await tried(() => search(bench, { refNbr: document.refNbr }, signal));
        if ("refused" in end) return noBy(end.refused);
        const isShown = end.done.some((row) => cell(row, "RefNbr") === document.refNbr);
        return isShown ? yes(`shows ${nameOf(document)}`) : no(`does not show ${nameOf(document)}`);
      },
    },
    {
      ...HELD,
      name: "search-by-key",
      yes: "a second look-up by key exists where the views are missing",
      no: "only the views find a document by its key",
      cure,
      ask: async (signal) => {
        const document = await heldDocument(bench, "IN", signal);
        const { keyField } = bench.site;
        const parms = [{ name: keyField, value: document.key }];
        const end = await tried(() => search(bench, { parms }, signal));
        if ("refused" in end) return noBy(end.refused);
        const keys = end.done.map((row) => cell(row, keyField));
        if (keys.some((key) => key !== document.key)) return no("the filter is not looked at");
        return keys.length > 0 ? yes(`finds ${nameOf(document)}`) : no("finds nothing by key");
      },
    },
  ];
}

/** The held document of a type that the probes share: in a reserved batch where the site can. */
export async function heldDocument(
  bench: ProbeBench,
  type: "IN" | "PA",
  signal: Signal,
): Promise<TestDocument> {
  return (await held(bench, type, signal)).document;
}

function held(bench: ProbeBench, type: "IN" | "PA", signal: Signal) {
  return bench.once(`held ${type}`, async () => {
    const reserved = await tried(() => theBatch(bench, screenOf(type), signal));
    const intoBatch = "done" in reserved ? reserved.done.batNbr : undefined;
    const appended =
      intoBatch === undefined
        ? undefined
        : await tried(() => bench.hold(type, { intoBatch }, signal));
    if (appended !== undefined && "done" in appended) {
      return { document: appended.done, wasReserved: true, refused: undefined };
    }
    const document = await needed(`a test ${type}`, () => bench.hold(type, {}, signal));
    return { document, wasReserved: intoBatch !== undefined, refused: appended?.refused };
  });
}

async function askAppend(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const both = [await held(bench, "IN", signal), await held(bench, "PA", signal)];
  const refused = both.find((one) => one.refused !== undefined)?.refused;
  if (refused !== undefined) return noBy(refused);
  const names = both.filter(({ wasReserved }) => wasReserved).map(({ document }) => document);
  if (names.length === 0) throw new CannotAsk("it needs an empty batch, which the site refuses");
  return yes(`${names.map(nameOf).join(" and ")} were written into their batches`);
}

type Lost = (screen: WireRow, document: TestDocument) => readonly string[];

/** Reads an invoice and a payment back and lists what they have lost. */
async function askKept(bench: ProbeBench, signal: Signal, lostOf: Lost): Promise<ProbeFinding> {
  const lost: string[] = [];
  const names: string[] = [];
  for (const type of ["IN", "PA"] as const) {
    const document = await heldDocument(bench, type, signal);
    const screen = await bench.read(document, signal);
    lost.push(...lostOf(screen, document).map((what) => `${what} of ${nameOf(document)}`));
    names.push(nameOf(document));
  }
  return lost.length === 0 ? yes(names.join(", ")) : no(`lost: ${lost.join(", ")}`);
}

function lostKeys({ site }: ProbeBench): Lost {
  return (screen, { key }) => {
    const rows = { batch: asRow(screen.myBatch), document: asRow(screen.myARDoc) };
    return Object.entries(rows).flatMap(([what, row]) => [
      ...(cell(row, site.keyField) === key ? [] : [`${site.keyField} (${what})`]),
      ...(cell(row, site.idField) === "" ? [`${site.idField} (${what})`] : []),
    ]);
  };
}

const lostNotes: Lost = (screen) => {
  const note = asRow(screen.invoiceNote) ?? asRow(screen.documentNote);
  return cell(note, "sNoteText") === "" ? ["the note"] : [];
};

const lostDetail: Lost = (screen) =>
  cell(asRow(screen.myBatch), "GLPostOpt") === "D" ? [] : ["GLPostOpt D"];

/** The held journal that the probes share. */
export function theJournal(bench: ProbeBench, signal: Signal) {
  return bench.once("held journal", () => heldJournal(bench, signal));
}

async function askJournal(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const { batNbr, key } = await needed("a test journal", () => theJournal(bench, signal));
  const screen = await readJournal(bench, batNbr, signal);
  const { keyField, idField } = bench.site;
  const rows = [asRow(screen.myBatch), ...journalLines(screen)];
  const lost = [
    ...(rows.every((row) => cell(row, keyField) === key) ? [] : [keyField]),
    ...(rows.every((row) => cell(row, idField) !== "") ? [] : [idField]),
    ...(cell(asRow(screen.batchNote), "sNoteText") === "" ? ["the note"] : []),
    ...(cell(asRow(screen.myBatch), "GLPostOpt") === "D" ? [] : ["GLPostOpt D"]),
  ];
  return lost.length === 0 ? yes(`journal batch ${batNbr}`) : no(`lost: ${lost.join(", ")}`);
}

async function search(
  bench: ProbeBench,
  wanted: Readonly<{ refNbr?: string; parms?: readonly WireRow[] }>,
  signal: Signal,
) {
  const { settings, site } = bench;
  const args = {
    docType: "IN",
    custID: settings.customerId,
    startDocDate: dateToWire(settings.documentDate),
    endDocDate: dateToWire(settings.documentDate),
    ...wanted,
  };
  const options = { kind: "read", signal } as const;
  const found = await site.client.call("invoiceAndMemo", "searchInvoiceAndMemo", args, options);
  return asRows(found);
}

/** Good is accepted, bad is refused, and neither is saved. */
async function askValidateOnly(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const { batNbr } = await heldDocument(bench, "IN", signal);
  const validate = async (customerId: string) => {
    const wish = { customerId, intoBatch: batNbr };
    const screen = await bench.screenOf("IN", bench.draft("IN", wish), wish);
    return tried(() => bench.send("invoice", "VALIDATEONLY", screen, signal));
  };
  const good = await validate(bench.settings.customerId);
  if ("refused" in good) return noBy(good.refused);
  const bad = await validate("NO-SUCH-CUST");
  const args = { batNbr, refNbr: "" };
  const options = { kind: "read", signal } as const;
  const { client } = bench.site;
  const saved = asRows(
    await client.call("invoiceAndMemo", "getARDocsByBatNbrAndRefNbr", args, options),
  );
  if (saved.length > 1) return no(`VALIDATEONLY saved a document into batch ${batNbr}`);
  return "refused" in bad
    ? yes("a good document passes, one of an unknown customer does not")
    : no("a document of an unknown customer passes");
}
