import type { Row, World } from "./world.ts";

/** SL's tables, past whoever else works on them. */
type Tables = Pick<World, "slRows" | "slAdmin">;

const cents = (amount: number) => Math.round(amount * 100) / 100;
const trimmed = (value: unknown) => String(value).trim();

/**
 * What a person does in Payment Reversal (08.240) who reverses the applications of a payment to
 * invoices: a negative row beside each, and both documents are open by that amount again.
 */
export async function giveBack(world: Tables, payment: string): Promise<void> {
  const rows = await world.slRows("ARAdjust");
  const applied = rows.filter(
    (row) =>
      trimmed(row.AdjgRefNbr) === payment &&
      trimmed(row.AdjdDocType) === "IN" &&
      trimmed(row.S4Future12) === "" &&
      Number(row.AdjAmt) > 0,
  );
  for (const row of applied) await giveOneBack(world, row);
}

async function giveOneBack(world: Tables, row: Row): Promise<void> {
  const edit = (table: string, where: object, set: object, more: object = {}) =>
    world.slAdmin("/rows", { table, where, set, ...more });
  const amounts = Object.keys(row).filter((name) => name.endsWith("Amt"));
  const negative = Object.fromEntries(amounts.map((name) => [name, -Number(row[name])]));
  const { AdjBatNbr, ...whole } = row;
  const RecordID = 900_000 + Number(row.RecordID);
  const opposite = { ...whole, RecordID, AdjBatNbr: "900002" };
  await edit("ARAdjust", opposite, negative, { create: true });
  const { CustId, AdjdDocType, AdjdRefNbr, AdjgDocType, AdjgRefNbr } = row;
  const pair = { CustId, AdjdDocType, AdjdRefNbr, AdjgDocType, AdjgRefNbr, AdjBatNbr };
  await edit("ARAdjust", pair, { S4Future11: "900002", S4Future12: "RA" });
  const documents = await world.slRows("ARDoc");
  // In base currency each side is worth what it was before SL realised exchange between them.
  const base = Number(row.AdjAmt);
  const sides = [
    [AdjdDocType, AdjdRefNbr, base],
    [AdjgDocType, AdjgRefNbr, base + Number(row.CuryRGOLAmt)],
  ];
  for (const [DocType, RefNbr, worth] of sides) {
    const document = documents.find(
      (one) => one.CustId === CustId && one.DocType === DocType && one.RefNbr === RefNbr,
    );
    const { CuryDocBal, DocBal } = document ?? {};
    await edit(
      "ARDoc",
      { CustId, DocType, RefNbr },
      {
        CuryDocBal: Number(CuryDocBal) + Number(row.CuryAdjdAmt),
        DocBal: cents(Number(DocBal) + Number(worth)),
        OpenDoc: 1,
      },
    );
  }
}

/** What else a person may do there: void the payment, which a document of its own closes. */
export async function voidPayment(world: Tables, payment: string): Promise<void> {
  const [row] = (await world.slRows("ARAdjust")).filter(
    ({ AdjgRefNbr, AdjAmt }) => trimmed(AdjgRefNbr) === payment && Number(AdjAmt) > 0,
  );
  const where = { ...row, RecordID: 990_000, AdjdDocType: "RP", AdjdRefNbr: payment };
  await world.slAdmin("/rows", { table: "ARAdjust", where, set: {}, create: true });
  const set = { CuryDocBal: 0, DocBal: 0, OpenDoc: 0, S4Future12: "RP" };
  const closed = { DocType: "PA", RefNbr: payment };
  await world.slAdmin("/rows", { table: "ARDoc", where: closed, set });
}
