import { expect, test } from "vitest";
import { readContractLock } from "./contract-lock.ts";
import { asRow, asRows, readAnswer, type SoapAnswer } from "./envelope.ts";
import { renderWsdl } from "./testing/scripted-site.ts";
import { parseWsdl, type WireOperation } from "./wsdl.ts";

const lock = readContractLock();
const quickQuery = parseWsdl("quickQuery", renderWsdl(lock.quickQuery));
const payments = parseWsdl("paymentApplication", renderWsdl(lock.paymentApplication));

function answerOf(contract: typeof payments, operation: string, result: string) {
  const called = contract.operations.get(operation) as WireOperation;
  const xml =
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' +
    `<${operation}Response><${operation}Result>${result}</${operation}Result>` +
    `</${operation}Response></s:Body></s:Envelope>`;
  return readAnswer(contract, called, xml);
}

function resultOf(answer: SoapAnswer | undefined) {
  return answer?.kind === "result" ? answer.value : undefined;
}

test("one row, several rows and no row of a list are all a list", () => {
  const lists = ["", "<ARTran/>", "<ARTran/><ARTran/>"].map((rows) =>
    resultOf(answerOf(payments, "getScreenByBatNbr", `<myARTran>${rows}</myARTran>`)),
  );

  expect(lists.map((screen) => asRows(asRow(screen)?.myARTran).length)).toEqual([0, 1, 2]);
});

test("nil elements and absent ones are absent", () => {
  const nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"';
  const screen = asRow(
    resultOf(
      answerOf(
        payments,
        "getScreenByBatNbr",
        `<myARDoc ${nil}/><myARTran><ARTran ${nil}/></myARTran>`,
      ),
    ),
  );

  expect(screen?.myARDoc).toBeUndefined();
  expect(screen?.myBatch).toBeUndefined();
  expect(asRows(screen?.myARTran)).toEqual([]);
});

test("elements that the contract does not know are passed over", () => {
  const screen = asRow(
    resultOf(answerOf(payments, "getScreenByBatNbr", "<later>1</later><errorMessage/>")),
  );

  expect(screen).toEqual({ errorMessage: "" });
});

test("the rows of a view carry its column names, blanks included", () => {
  const set =
    "<myQueryResults><xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>" +
    "<d:diffgram xmlns:d='urn:d'><NewDataSet><Table d:id='1'>" +
    "<Class_x0020_ID>COMM  </Class_x0020_ID></Table></NewDataSet></d:diffgram></myQueryResults>";

  const screen = asRow(resultOf(answerOf(quickQuery, "getScreen", set)));

  expect(screen?.myQueryResults).toEqual([{ "Class ID": "COMM  " }]);
});

test("a view without rows has an empty diffgram", () => {
  const set = "<myQueryResults><diffgram/></myQueryResults>";

  const screen = asRow(resultOf(answerOf(quickQuery, "getScreen", set)));

  expect(screen?.myQueryResults).toEqual([]);
});

test("faults of SOAP 1.1 and 1.2 are read alike", () => {
  const called = payments.operations.get("getNewscreen") as WireOperation;
  const faults = [
    "<Fault><faultcode>soap:Server</faultcode><faultstring>No</faultstring></Fault>",
    "<Fault><Code><Value>soap:Server</Value></Code><Reason><Text>No</Text></Reason></Fault>",
  ].map((fault) => readAnswer(payments, called, `<Envelope><Body>${fault}</Body></Envelope>`));

  expect(faults).toEqual([
    { kind: "fault", code: "soap:Server", text: "No" },
    { kind: "fault", code: "soap:Server", text: "No" },
  ]);
});
