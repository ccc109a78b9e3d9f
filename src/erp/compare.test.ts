import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { compareBatch } from "./compare.ts";
import type {
  BatchReading,
  DocumentReading,
  InvoiceDraft,
  PaymentDraft,
  WholeLineReading,
} from "./port.ts";

const KEY = "IT4PQTTDTWAMU52GWG2TNZ6DAP";
const usd = (minor: number) => money(minor, "USD");
const account = (number: string) => ({ account: number, subaccount: "000000000000" });

const common = {
  key: KEY,
  stripeId: "in_1",
  customerId: "C300",
  documentDate: "2026-03-10",
  period: "202603",
  currency: "USD",
  description: "Order 1001",
  note: "",
  userFields: {},
};

const line = (minor: number, itemId: string, sales: string) => ({
  amount: usd(minor),
  sales: account(sales),
  itemId,
  quantity: "1",
  unitPrice: "0",
  description: "",
});

const invoice: InvoiceDraft = {
  ...common,
  kind: "invoice",
  total: usd(10_000),
  receivable: account("1200"),
  lines: [line(6_000, "CONSULT", "4020"), line(4_000, "", "4050")],
  terms: "01",
  dueDate: "2026-03-10",
  orderNumber: "1001",
};

const payment: PaymentDraft = {
  ...common,
  kind: "payment",
  type: "PA",
  salesOrder: "",
  stripeId: "ch_1",
  refNbr: "KY3E3RUCE5",
  amount: usd(10_000),
  cash: account("1095"),
  applications: [
    { invoiceRefNbr: "000012", amount: usd(7_000), receivable: account("1200") },
    { invoiceRefNbr: "000013", amount: usd(3_000), receivable: account("1200") },
  ],
};

const documentCommon = {
  key: KEY,
  stripeId: "in_1",
  customerId: "C300",
  batNbr: "000412",
  currency: "USD",
  amount: usd(10_000),
  balance: usd(10_000),
  documentDate: "2026-03-10",
  period: "202603",
  isReleased: false,
};

const shown = (minor: number, itemId: string, sales: string): WholeLineReading => ({
  ...line(minor, itemId, sales),
  isTax: false,
});

const invoiceLines = [shown(6_000, "CONSULT", "4020"), shown(4_000, "", "4050")];

const invoiceFound: DocumentReading = {
  ...documentCommon,
  type: "IN",
  refNbr: "000012",
  own: account("1200"),
  lines: invoiceLines,
  applications: [],
  applyingBatNbr: "",
};

const paymentFound: DocumentReading = {
  ...documentCommon,
  type: "PA",
  refNbr: "KY3E3RUCE5",
  own: account("1095"),
  lines: [],
  applications: [
    { invoiceRefNbr: "000013", amount: usd(3_000) },
    { invoiceRefNbr: "000012", amount: usd(7_000) },
  ],
  applyingBatNbr: "000412",
};

function batch(documents: readonly DocumentReading[], more: Partial<BatchReading> = {}) {
  return {
    batNbr: "000412",
    key: KEY,
    state: "held",
    isReleased: false,
    period: "202603",
    currency: "USD",
    documents,
    applied: [],
    ...more,
  } satisfies BatchReading;
}

test("an invoice and a payment as they were asked for differ in nothing", () => {
  expect(compareBatch(invoice, batch([invoiceFound]))).toEqual([]);
  expect(compareBatch(payment, batch([paymentFound]))).toEqual([]);
});

test("letter case, padding and the order of lines are no differences", () => {
  const found = {
    ...invoiceFound,
    customerId: "c300   ",
    key: KEY.toLowerCase(),
    lines: [...invoiceLines].reverse().map((own) => ({ ...own, itemId: own.itemId.toLowerCase() })),
  };

  expect(compareBatch(invoice, batch([found]))).toEqual([]);
});

test.each<[string, Partial<DocumentReading>]>([
  ["key", { key: "OTHERKEYOTHERKEYOTHERKEYOT" }],
  ["key (none at all)", { key: "" }],
  ["type", { type: "DM" }],
  ["customer", { customerId: "C301" }],
  ["currency", { currency: "EUR" }],
  ["amount", { amount: usd(9_999) }],
  ["amount (its sign)", { amount: usd(-10_000) }],
  ["date", { documentDate: "2026-03-11" }],
  ["period", { period: "202604" }],
  ["receivable account", { own: account("1210") }],
  ["receivable account (no subaccount)", { own: { account: "1200", subaccount: "" } }],
])("another %s is a difference", (what, change) => {
  const differences = compareBatch(invoice, batch([{ ...invoiceFound, ...change }]));

  expect(differences.map((difference) => difference.what)).toEqual([what.replace(/ \(.*/, "")]);
});

test.each<[string, Partial<BatchReading>]>([
  ["period of the batch", { period: "202604" }],
  ["currency of the batch", { currency: "EUR" }],
  ["key of the batch", { key: "OTHERKEYOTHERKEYOTHERKEYOT" }],
])("another %s is a difference as well", (what, change) => {
  const differences = compareBatch(invoice, batch([invoiceFound], change));

  expect(differences.map((difference) => difference.what)).toEqual([what]);
});

test("no document and a second document are differences in number", () => {
  const count = (found: string) => [{ what: "number of documents", expected: "1", found }];

  expect(compareBatch(invoice, batch([]))).toEqual(count("0"));
  expect(compareBatch(invoice, batch([invoiceFound, invoiceFound]))).toEqual(count("2"));
});

test("a line that was not saved is named with its amount and account", () => {
  const found = { ...invoiceFound, lines: invoiceLines.slice(0, 1) };

  expect(compareBatch(invoice, batch([found]))).toEqual([
    { what: "line", expected: "40.00 USD on 4050/000000000000, item none", found: "" },
  ]);
});

test("two equal lines are not taken for one", () => {
  const draft = { ...invoice, lines: [line(5_000, "", "4020"), line(5_000, "", "4020")] };
  const one = shown(5_000, "", "4020");

  expect(compareBatch(draft, batch([{ ...invoiceFound, lines: [one] }]))).toHaveLength(1);
  expect(compareBatch(draft, batch([{ ...invoiceFound, lines: [one, one] }]))).toEqual([]);
  expect(compareBatch(draft, batch([{ ...invoiceFound, lines: [one, one, one] }]))).toHaveLength(1);
});

test("a payment under another number or on another cash account differs", () => {
  const found = { ...paymentFound, refNbr: "OTHER", own: account("1010") };

  const differences = compareBatch(payment, batch([found]));

  expect(differences.map(({ what }) => what)).toEqual(["reference number", "cash account"]);
});

test("an application that is missing, foreign or of another amount differs while held", () => {
  const [first, second] = paymentFound.applications;
  const missing = first === undefined ? [] : [first];
  const other = { invoiceRefNbr: "000099", amount: usd(7_000) };
  const less = { invoiceRefNbr: "000012", amount: usd(6_999) };

  const differences = [missing, [...missing, other], [...missing, less]].map(
    (applications) => compareBatch(payment, batch([{ ...paymentFound, applications }])).length,
  );

  expect(second).toBeDefined();
  expect(differences).toEqual([1, 2, 2]);
});

test("a released payment is equal without the applications that SL has deleted", () => {
  const found = { ...paymentFound, applications: [], balance: usd(0), isReleased: true };
  const released = batch([found], { state: "released", isReleased: true });

  expect(compareBatch(payment, released)).toEqual([]);
});

test("a released invoice may hold lines of SL's own but must hold ours", () => {
  const own = shown(100, "", "2200");
  const released = { state: "released", isReleased: true } as const;
  const more = { ...invoiceFound, isReleased: true, lines: [...invoiceLines, own] };
  const less = { ...more, lines: [own] };

  expect(compareBatch(invoice, batch([more], released))).toEqual([]);
  expect(compareBatch(invoice, batch([less], released))).toHaveLength(2);
});

const rated: PaymentDraft = {
  ...payment,
  currency: "EUR",
  amount: money(10_000, "EUR"),
  applications: [],
  rate: {
    ...{ value: "108.31/100.00", multDiv: "M", base: "USD", type: "SPOT", date: "2026-03-10" },
    worth: usd(10_831),
  },
};

test.each([
  ["what the hub has made of it", usd(10_831), []],
  ["a cent more", usd(10_832), ["worth in base currency"]],
  ["what SL's own rate makes of it", usd(11_000), ["worth in base currency"]],
  ["nothing that SL tells", undefined, ["worth in base currency"]],
] as const)("a document in another currency is worth %s", (_name, worth, differences) => {
  const found: DocumentReading = {
    ...{ type: "PA", key: KEY, stripeId: "ch_1", customerId: "C300", refNbr: "KY3E3RUCE5" },
    ...{ batNbr: "000412", currency: "EUR", amount: rated.amount, balance: rated.amount },
    ...{ own: account("1095"), documentDate: "2026-03-10", period: "202603", isReleased: false },
    ...{ lines: [], applications: [], applyingBatNbr: "" },
    ...(worth === undefined ? {} : { worth }),
  };
  const batch: BatchReading = {
    ...{ batNbr: "000412", key: KEY, state: "held", isReleased: false, period: "202603" },
    ...{ currency: "EUR", documents: [found], applied: [] },
  };

  expect(compareBatch(rated, batch).map(({ what }) => what)).toEqual(differences);
});

test.each([
  ["as asked for", [7_931, 2_900], []],
  ["a cent of them on another line", [7_930, 2_901], ["line", "line", "line", "line"]],
] as const)("lines that take others back are worth %s", (_name, worths, differences) => {
  const of = (minor: number, sales: string, worth: number | undefined) => ({
    ...{ ...line(minor, "", sales), amount: money(minor, "EUR") },
    ...(worth === undefined ? {} : { worth: usd(worth) }),
  });
  const linesAt = ([first, second]: readonly (number | undefined)[]) => [
    of(7_322, "4020", first),
    of(2_678, "4050", second),
  ];
  const { rate } = rated as Required<PaymentDraft>;
  const total = money(10_000, "EUR");
  const draft = { ...invoice, currency: "EUR", rate, total };
  const found: DocumentReading = {
    ...{ ...invoiceFound, currency: "EUR", amount: total, balance: total, worth: usd(10_831) },
    lines: linesAt(worths).map((one) => ({ ...one, isTax: false })),
  };
  const compared = (lines: InvoiceDraft["lines"]) =>
    compareBatch({ ...draft, lines }, batch([found], { currency: "EUR" }));

  expect(compared(linesAt([7_931, 2_900])).map(({ what }) => what)).toEqual(differences);
  expect(compared(linesAt([]))).toEqual([]);
});
