import { afterEach } from "vitest";
import { type DynamicsSlSandbox, type SandboxOptions, startDynamicsSlSandbox } from "../server.ts";
import { type Answer, type Sent, type SentStruct, SlClient } from "./client.ts";

const running: DynamicsSlSandbox[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
});

/** A sandbox on a free port that ends with the test, and a client for it. */
export async function aSite(options: SandboxOptions = {}): Promise<SlClient> {
  const sandbox = await startDynamicsSlSandbox({ firstPeriod: "202601", ...options });
  running.push(sandbox);
  return new SlClient(sandbox.url, sandbox.credentials);
}

/** A sandbox that the test stops by itself, for restarts. */
export async function aRestartableSite(
  options: SandboxOptions,
): Promise<{ client: SlClient; stop: () => Promise<void> }> {
  const sandbox = await startDynamicsSlSandbox({ firstPeriod: "202601", ...options });
  return { client: new SlClient(sandbox.url, sandbox.credentials), stop: () => sandbox.close() };
}

/** The seeded default subaccount. */
export const SUB = "000000000000";
/** The date of documents in tests. */
export const DAY = "2026-03-10T00:00:00";
/** An intent key, as the hub keeps it in User2. */
export const KEY = "IT4PQTTDTWAMU52GWG2TNZ6DAP";

/** The service of 08.010. */
export const INVOICE = "invoiceAndMemo";
/** The service of 08.030. */
export const PAYMENT = "paymentApplication";
/** The service of 01.010. */
export const JOURNAL = "journalTransactions";

/** The trimmed text of an answer's element. */
export function at(answer: Answer | undefined, ...path: readonly string[]): string {
  let value: unknown = answer;
  for (const name of path) {
    const parent: unknown = Array.isArray(value) ? (value as readonly unknown[])[0] : value;
    value = (parent as Record<string, unknown> | undefined)?.[name];
  }
  return typeof value === "string" ? value.trim() : "";
}

/** An empty held batch reserved by `editBatch`; its number. */
export async function reserve(
  site: SlClient,
  service: string,
  batch: SentStruct = {},
): Promise<string> {
  const saved = await site.struct(service, "editBatch", {
    actionType: "ADD",
    inItem: { Status: "H", PerPost: "202603", CuryId: "USD", User2: KEY, GLPostOpt: "D", ...batch },
  });
  if (at(saved, "errorMessage") !== "") throw new Error(at(saved, "errorMessage"));
  return at(saved, "BatNbr");
}

/** An invoice or memo of one line over `amount`, ready to be sent into a batch. */
export function anInvoice(
  batNbr: string,
  amount: number,
  changes: Readonly<{ document?: SentStruct; line?: SentStruct; batch?: SentStruct }> = {},
): SentStruct {
  const side = changes.document?.DocType === "CM" ? "D" : "C";
  return {
    myBatch: {
      BatNbr: batNbr,
      Status: "H",
      PerPost: "202603",
      CuryId: "USD",
      CuryCrTot: amount,
      CuryCtrlTot: amount,
      CrTot: amount,
      CtrlTot: amount,
      User2: KEY,
      GLPostOpt: "D",
      ...changes.batch,
    },
    myARDoc: {
      CustId: "C300",
      DocType: "IN",
      BankAcct: "1200",
      BankSub: SUB,
      CuryOrigDocAmt: amount,
      OrigDocAmt: amount,
      DocDate: DAY,
      DueDate: DAY,
      Terms: "01",
      User1: "in_1",
      User2: KEY,
      ...changes.document,
    },
    myARTran: {
      ARTran: [
        {
          Acct: "4010",
          Sub: SUB,
          DrCr: side,
          CuryTranAmt: amount,
          TranAmt: amount,
          TranDesc: "Sale",
          ...changes.line,
        },
      ],
    },
  };
}

/** A payment over `amount`, applied to `invoices` (RefNbr → amount). */
export function aPayment(
  batNbr: string,
  amount: number,
  invoices: Readonly<Record<string, number>>,
  changes: Readonly<{ document?: SentStruct; batch?: SentStruct; target?: string }> = {},
): SentStruct {
  const lines: SentStruct[] = Object.entries(invoices).map(([refNbr, applied]) => ({
    DrCr: "U",
    CostType: changes.target ?? "IN",
    SiteId: refNbr,
    CuryTranAmt: applied,
    CmmnPct: -applied,
    Acct: "1200",
    Sub: SUB,
  }));
  return {
    myBatch: {
      BatNbr: batNbr,
      Status: "H",
      PerPost: "202603",
      CuryId: "USD",
      CuryCrTot: amount,
      CuryCtrlTot: amount,
      User2: KEY,
      GLPostOpt: "D",
      ...changes.batch,
    },
    myARDoc: {
      CustId: "C300",
      DocType: "PA",
      RefNbr: "KY3E3RUCE5",
      BankAcct: "1095",
      BankSub: SUB,
      CuryOrigDocAmt: amount,
      DocDate: DAY,
      User1: "ch_1",
      User2: KEY,
      ...changes.document,
    },
    myARTran: { ARTran: lines },
  };
}

/** Sends a screen; the answer, or an Error with SL's refusal. */
export async function edit(
  site: SlClient,
  service: string,
  actionType: string,
  inScreen: Sent,
): Promise<Answer> {
  const answer = await site.struct(service, "editScreen", { actionType, inScreen });
  if (at(answer, "errorMessage") !== "") throw new Error(at(answer, "errorMessage"));
  return answer;
}

/** Reads a batch and releases it, as the hub does; the answer with its `errorMessage`. */
export async function release(site: SlClient, service: string, batNbr: string): Promise<Answer> {
  const screen = await site.struct(service, "getScreenByBatNbr", { batNbr });
  return site.struct(service, "editScreen", {
    actionType: "RELEASENOW",
    inScreen: { myBatch: screen.myBatch as unknown as SentStruct },
  });
}

/** A released invoice over `amount`; its RefNbr. */
export async function releasedInvoice(
  site: SlClient,
  amount: number,
  changes: Parameters<typeof anInvoice>[2] = {},
): Promise<string> {
  const batNbr = await reserve(site, INVOICE, changes?.batch ?? {});
  const screen = await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, amount, changes));
  const released = await release(site, INVOICE, batNbr);
  if (at(released, "errorMessage") !== "") throw new Error(at(released, "errorMessage"));
  return at(screen, "myARDoc", "RefNbr");
}

/** A released payment; the number of its batch. */
export async function releasedPayment(
  site: SlClient,
  amount: number,
  invoices: Readonly<Record<string, number>>,
  changes: Parameters<typeof aPayment>[3] = {},
): Promise<string> {
  const batNbr = await reserve(site, PAYMENT, changes?.batch ?? {});
  await edit(site, PAYMENT, "UPDATE", aPayment(batNbr, amount, invoices, changes));
  const released = await release(site, PAYMENT, batNbr);
  if (at(released, "errorMessage") !== "") throw new Error(at(released, "errorMessage"));
  return batNbr;
}

/** The signed base balance (debit positive) of an account in the released ledger. */
export async function ledgerBalance(site: SlClient, acct: string): Promise<number> {
  const lines = await site.rows("GLTran", { Acct: acct, Rlsed: "1" });
  const cents = lines.reduce(
    (sum, line) =>
      sum + Math.round(Number(line.DrAmt) * 100) - Math.round(Number(line.CrAmt) * 100),
    0,
  );
  return cents / 100;
}
