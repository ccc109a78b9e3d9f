import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { money } from "../../base/money.ts";
import type { OrderDraft } from "../port.ts";
import { readContractLock } from "./contract-lock.ts";
import { createOrders } from "./orders.ts";
import type { Site } from "./site.ts";
import {
  answerFault,
  answerResult,
  type ScriptedSite,
  scriptedClient,
  startScriptedSite,
} from "./testing/scripted-site.ts";

const KEY = "IT4PQTTDTWAMU52GWG2TNZ6DAP";
const lock = readContractLock();
let scripted: ScriptedSite;
let site: Site;

beforeAll(async () => {
  scripted = await startScriptedSite(lock);
});

afterAll(() => scripted.close());

beforeEach(() => {
  (scripted.calls as unknown[]).length = 0;
  site = {
    client: scriptedClient(scripted.url, lock),
    companyId: "0060",
    keyField: "User2",
    idField: "User1",
    templates: new Map([["paymentApplication", Promise.resolve(BLANK)]]),
  };
});

/** What the site said of itself a moment ago: its base currency. */
const BLANK = {
  screen: { myBatch: { BaseCuryID: "USD" } },
  fetchedAtMs: Number.POSITIVE_INFINITY,
};

const usd = (minor: number) => money(minor, "USD");

function aDraft(change: Partial<OrderDraft> = {}): OrderDraft {
  return {
    kind: "order",
    key: KEY,
    stripeId: "pi_1",
    customerId: "C300",
    type: "SO",
    customerOrderNumber: "1001",
    orderDate: "2026-03-10",
    currency: "USD",
    total: usd(10_825),
    lines: [
      {
        itemId: "TSHIRT",
        quantity: "3",
        unitPrice: "33.333333",
        amount: usd(10_000),
        description: "Shirt & more",
      },
    ],
    charges: [{ chargeId: "TAX", amount: usd(825), description: "Tax" }],
    shipTo: undefined,
    shipVia: "",
    email: "ada@example.com",
    note: "pi_1",
    userFields: {},
    ...change,
  };
}

/** Answers each operation with this XML inside its result. */
function answering(results: Readonly<Record<string, string>>): void {
  scripted.script.answer = (call, response) =>
    answerResult(call, response, results[call.operation] ?? "");
}

/** Rows as an untyped DataSet. */
function dataSet(...rows: readonly Readonly<Record<string, string>>[]): string {
  const body = rows
    .map((row) =>
      Object.entries(row)
        .map(([name, value]) => `<${name}>${value}</${name}>`)
        .join(""),
    )
    .map((cells) => `<Table>${cells}</Table>`)
    .join("");
  return `<schema/><diffgram><NewDataSet>${body}</NewDataSet></diffgram>`;
}

const sent = (operation: string) =>
  scripted.calls.filter((call) => call.operation === operation).map(({ body }) => body);

describe("placing an order", () => {
  test("sends it on hold with its key, prices by hand and charges as a data set", async () => {
    answering({ placeOrder: "<OrdNbr>O1005215       </OrdNbr>" });

    const placed = await createOrders(site, () => false).place(aDraft());

    expect(placed).toEqual({ orderNumber: "O1005215" });
    const [body = ""] = sent("placeOrder");
    expect(body).toContain("<AdminHold>true</AdminHold>");
    expect(body).toContain(`<User2>${KEY}</User2>`);
    expect(body).toContain("<CurySlsPrice>33.333333</CurySlsPrice>");
    expect(body).toContain("<Taxable>0</Taxable>");
    expect(body).toMatch(/<diffgr:diffgram .*<MiscChrgID>TAX<\/MiscChrgID>.*8\.25/);
    expect(body).toContain('<xs:element name="CuryMiscChrg" type="xs:double"');
  });

  test("is refused with SL's own words", async () => {
    answering({ placeOrder: "<errorString>Customer is on hold</errorString>" });

    const placing = createOrders(site, () => false).place(aDraft());

    await expect(placing).rejects.toMatchObject({
      code: "erp.refused",
      facts: { message: "Customer is on hold" },
    });
  });

  test("in another currency than the site's is not sent: it would stand at rate 1", async () => {
    answering({});

    const placed = createOrders(site, () => false).place(aDraft({ currency: "EUR" }));

    await expect(placed).rejects.toMatchObject({ code: "mapping.currency_unsupported" });
    expect(scripted.calls).toEqual([]);
  });

  test("has an open outcome where SL answers without a number", async () => {
    answering({ placeOrder: "<OrdNbr>    </OrdNbr>" });

    const placing = createOrders(site, () => false).place(aDraft());

    await expect(placing).rejects.toMatchObject({ code: "erp.outcome_open" });
  });

  test("names where the goods go", async () => {
    answering({ placeOrder: "<OrdNbr>O1</OrdNbr>" });
    const shipTo = {
      name: "Grace Hopper",
      attention: "",
      addressLine1: "1 Navy Yard",
      addressLine2: "",
      city: "Arlington",
      state: "VA",
      zip: "22201",
      country: "US",
      phone: "555",
    };

    await createOrders(site, () => false).place(aDraft({ shipTo, shipVia: "UPS" }));

    const [body = ""] = sent("placeOrder");
    expect(body).toContain("<ShipAddr1>1 Navy Yard</ShipAddr1>");
    expect(body).toContain("<ShipViaID>UPS</ShipViaID>");
  });
});

test("totals are calculated without saving, charges and tax told apart", async () => {
  const totals = { CuryTotOrd: "108.250000001", CuryTotMerch: "100", CuryTotMisc: "8.25" };
  const cells = Object.entries({ ...totals, CuryTotFrt: "0", CuryTotTax: "0" });
  answering({
    calculateOrderTotals: cells.map(([name, value]) => `<${name}>${value}</${name}>`).join(""),
  });

  const found = await createOrders(site, () => false).calculate(aDraft());

  expect(found).toEqual({
    total: usd(10_825),
    merchandise: usd(10_000),
    charges: usd(825),
    freight: usd(0),
    tax: usd(0),
  });
  expect(sent("calculateOrderTotals")[0]).toContain("<updateBasket>false</updateBasket>");
});

describe("an order is found", () => {
  const order = (number: string, key: string) =>
    `<OrdNbr>${number}</OrdNbr><User2>${key}</User2><Status>O</Status><AdminHold>true</AdminHold>` +
    "<CuryID>USD</CuryID><CuryTotOrd>108.25</CuryTotOrd><CustOrdNbr>1001</CustOrdNbr>";

  test("among the customer's of the day by its key alone", async () => {
    scripted.script.answer = (call, response) => {
      if (call.operation === "getOrders") {
        const rows = [
          { OrdNbr: "O1", CustOrdNbr: "1001" },
          { OrdNbr: "O2", CustOrdNbr: "another" },
          { OrdNbr: "O3", CustOrdNbr: "1001  " },
        ];
        answerResult(call, response, dataSet(...rows));
        return;
      }
      const isFirst = call.body.includes(">O1<");
      answerResult(call, response, isFirst ? order("O1", "X".repeat(26)) : order("O3", KEY));
    };

    const found = await createOrders(site, () => false).find(aDraft());

    expect(found.map(({ orderNumber }) => orderNumber)).toEqual(["O3"]);
    expect(found[0]).toMatchObject({ isOnHold: true, isClosed: false, total: usd(10_825) });
    expect(sent("getOrder")).toHaveLength(2);
    const wanted = "CUSTID|C300;BEGINDATE|03/09/2026;ENDDATE|03/11/2026;";
    expect(sent("getOrders")[0]).toContain(wanted);
  });

  test("by the view where the site has it", async () => {
    scripted.script.answer = (call, response) => {
      const row = { OrdNbr: "O7", User2: KEY };
      const result =
        call.operation === "getScreen"
          ? `<myQueryResults>${dataSet(row)}</myQueryResults>`
          : order("O7", KEY);
      answerResult(call, response, result);
    };

    const found = await createOrders(site, () => true).find(aDraft());

    expect(found.map(({ orderNumber }) => orderNumber)).toEqual(["O7"]);
    expect(sent("getOrders")).toHaveLength(0);
  });
});

describe("shipments", () => {
  test("are read from the order's list, or one by one where the list says too little", async () => {
    scripted.script.answer = (call, response) => {
      if (call.operation === "getShipHead") {
        const whole = { ARBatNbr: "000411", InvcNbr: "I1", CuryTotInvc: "90", CuryID: "USD" };
        const rows = [
          { ShipperID: "S2", OrdNbr: "O1" },
          { ShipperID: "S1", OrdNbr: "O1", Cancelled: "0", ARDocType: "IN", ...whole },
        ];
        answerResult(call, response, dataSet(...rows));
        return;
      }
      const header =
        "<ShipperID>S2</ShipperID><OrdNbr>O1</OrdNbr><Cancelled>1</Cancelled>" +
        "<CuryID>USD</CuryID><CuryTotInvc>60</CuryTotInvc>";
      answerResult(call, response, `<mySOShipHeader>${header}</mySOShipHeader>`);
    };

    const found = await createOrders(site, () => false).readShipments("O1");

    expect(found).toEqual([
      {
        shipperId: "S1",
        orderNumber: "O1",
        isCancelled: false,
        total: usd(9_000),
        batNbr: "000411",
        invoiceNumber: "I1",
        documentType: "IN",
      },
      expect.objectContaining({ shipperId: "S2", isCancelled: true, batNbr: "" }),
    ]);
  });

  test("of an order without any are none", async () => {
    answering({ getShipHead: dataSet() });

    expect(await createOrders(site, () => false).readShipments("O1")).toEqual([]);
  });
});

describe("returns of an order", () => {
  const wanted = {
    orderNumbers: ["O1", "O2"],
    ...{ customerId: "C300", from: "2026-03-10", to: "2026-03-20" },
  };

  test("are those that name it as their original, by the list where it says so", async () => {
    const rows = [
      { OrdNbr: "O1", OrigOrdNbr: "" },
      { OrdNbr: "RM2", OrigOrdNbr: "O1        " },
      { OrdNbr: "RM1", OrigOrdNbr: "O1" },
      { OrdNbr: "RM3", OrigOrdNbr: "O10" },
      { OrdNbr: "RM4", OrigOrdNbr: "o2" },
    ];
    answering({ getOrders: dataSet(...rows) });

    expect(await createOrders(site, () => true).findReturns(wanted)).toEqual([
      { orderNumber: "RM1", original: "O1" },
      { orderNumber: "RM2", original: "O1" },
      { orderNumber: "RM4", original: "O2" },
    ]);
    expect(sent("getOrder")).toHaveLength(0);
    const range = "CUSTID|C300;BEGINDATE|03/09/2026;ENDDATE|03/21/2026;";
    expect(sent("getOrders")[0]).toContain(range);
  });

  test("are read one by one where the list does not show originals", async () => {
    scripted.script.answer = (call, response) => {
      const rows = [{ OrdNbr: "O1" }, { OrdNbr: "RM1" }, { OrdNbr: "O7" }, { OrdNbr: "O2" }];
      const isReturn = call.body.includes(">RM1<");
      const one = isReturn
        ? "<OrdNbr>RM1</OrdNbr><OrigOrdNbr>O1</OrigOrdNbr>"
        : "<OrdNbr>O7</OrdNbr><OrigOrdNbr/>";
      answerResult(call, response, call.operation === "getOrders" ? dataSet(...rows) : one);
    };

    expect(await createOrders(site, () => true).findReturns(wanted)).toEqual([
      { orderNumber: "RM1", original: "O1" },
    ]);
    expect(sent("getOrder")).toHaveLength(2);
  });
});

test("payments that stand on the order are counted", async () => {
  answering({ getOrderPayments: dataSet({ PmtRef: "00001" }) });

  expect(await createOrders(site, () => false).countPayments("O1")).toBe(1);
});

test("a hold that SL does not lift is refused", async () => {
  scripted.script.answer = (_call, response) => answerFault(response, "Order not valid");

  const lifting = createOrders(site, () => false).liftHold("O1");

  await expect(lifting).rejects.toMatchObject({ code: "erp.refused" });
});
