import { expect, test } from "vitest";
import { loadContracts } from "../contract/contract.ts";
import { envelope, SlClient } from "./client.ts";
import { anInvoice, aSite, at, edit, INVOICE, reserve } from "./site.ts";

const contract = loadContracts().get(INVOICE);
if (contract === undefined) throw new Error("the contract of invoiceAndMemo is missing");

test.each([
  ["user", "nobody"],
  ["password", "wrong"],
] as const)("a wrong %s is a 401", async (name, value) => {
  const site = await aSite();
  const stranger = new SlClient(site.url, { ...site.credentials, [name]: value });

  const { status } = await stranger.raw(INVOICE, "getScreenByBatNbr", { batNbr: "000316" });

  expect(status).toBe(401);
});

test.each([
  ["siteId", "LIVE", "is not configured"],
  ["siteKey", "wrong", "is not configured"],
  ["companyId", "0070", "Company 0070 is not known"],
] as const)("a wrong %s is refused before any work", async (name, value, message) => {
  const site = await aSite();
  const stranger = new SlClient(site.url, { ...site.credentials, [name]: value });

  await expect(reserve(stranger, INVOICE)).rejects.toThrow(message);

  expect(await site.rows("Batch")).toEqual([]);
});

test("an element that the contract does not know is a fault", async () => {
  const site = await aSite();
  const xml = envelope(contract, "editBatch", { actionType: "ADD", inItem: {} }, site.header());

  const { body } = await site.post(
    contract,
    "editBatch",
    xml.replace("<inItem>", "<inItem><CompanyID>0060</CompanyID>"),
  );

  expect(body).toContain("has no element CompanyID");
  expect(await site.rows("Batch")).toEqual([]);
});

test("elements out of the contract's order are a fault", async () => {
  const site = await aSite();
  const xml = envelope(contract, "editBatch", { actionType: "ADD", inItem: {} }, site.header());

  const swapped = xml.replace(/(<actionType>.*<\/actionType>)(<inItem>.*<\/inItem>)/, "$2$1");
  const { body } = await site.post(contract, "editBatch", swapped);

  expect(body).toContain("out of the contract");
});

test("a required element that is missing is a fault", async () => {
  const site = await aSite();
  const xml = envelope(contract, "editBatch", { actionType: "ADD", inItem: {} }, site.header());

  const { body } = await site.post(
    contract,
    "editBatch",
    xml.replace("<CuryRate>0</CuryRate>", ""),
  );

  expect(body).toContain("CuryRate is missing");
});

test("a lenient site drops unknown elements without a word", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { strictContract: false });
  const xml = envelope(contract, "editBatch", { actionType: "ADD", inItem: {} }, site.header());

  const { status } = await site.post(
    contract,
    "editBatch",
    xml.replace("<inItem>", "<inItem><CompanyID>0060</CompanyID>"),
  );

  expect(status).toBe(200);
  expect(await site.rows("Batch")).toHaveLength(1);
});

test("a wrong SOAPAction is a fault", async () => {
  const site = await aSite();
  const xml = envelope(contract, "getScreenByBatNbr", { batNbr: "1" }, site.header());

  const { status, body } = await site.post(contract, "editScreen", xml);

  expect(status).toBe(500);
  expect(body).toContain("HTTP Header SOAPAction");
});

test("a body in another namespace is a fault", async () => {
  const site = await aSite();
  const xml = envelope(contract, "getScreenByBatNbr", { batNbr: "1" }, site.header());

  const { body } = await site.post(
    contract,
    "getScreenByBatNbr",
    xml.replaceAll("www.catalinatechnology.com", "www.catalinaTechnology.com"),
  );

  expect(body).toContain("did not recognize the request element");
});

test("broken XML is a client fault", async () => {
  const site = await aSite();

  const { status, body } = await site.post(contract, "editScreen", "<soap:Envelope><oops>");

  expect(status).toBe(400);
  expect(body).toContain("soap:Client");
});

test("SOAP 1.2 is answered in SOAP 1.2", async () => {
  const site = await aSite();
  const xml = envelope(contract, "getTermsByID", { TermsId: "30" }, site.header());
  const { user, password } = site.credentials;

  const response = await fetch(`${site.url}/services/ctDynamicsSL/invoiceAndMemo.asmx`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
      "content-type": "application/soap+xml; charset=utf-8",
    },
    body: xml.replace(
      "http://schemas.xmlsoap.org/soap/envelope/",
      "http://www.w3.org/2003/05/soap-envelope",
    ),
  });

  expect(response.headers.get("content-type")).toContain("application/soap+xml");
  expect(await response.text()).toContain("http://www.w3.org/2003/05/soap-envelope");
});

test("text columns come back padded to their width and empty dates as 1900-01-01", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);

  const { body } = await site.raw(INVOICE, "getScreenByBatNbr", { batNbr });

  expect(body).toContain(`<BatNbr>${batNbr.padEnd(10)}</BatNbr>`);
  expect(body).toContain(`<OrigBatNbr>${" ".repeat(10)}</OrigBatNbr>`);
  expect(body).toContain("<DateClr>1900-01-01T00:00:00</DateClr>");
  expect(body).not.toContain("xsi:nil");
});

test("characters outside Latin-1 become question marks", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);

  await edit(
    site,
    INVOICE,
    "UPDATE",
    anInvoice(batNbr, 5, { document: { DocDesc: "Café 東京 🎉 <&>" } }),
  );

  const screen = await site.struct(INVOICE, "getScreenByBatNbr", { batNbr });
  expect(at(screen, "myARDoc", "DocDesc")).toBe("Café ?? ?? <&>");
});

test("text longer than its column is refused", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  const screen = anInvoice(batNbr, 5, { document: { DocDesc: "x".repeat(31) } });

  await expect(edit(site, INVOICE, "UPDATE", screen)).rejects.toThrow("DocDesc holds 30");
});

test("text longer than its column is cut where the site cuts", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { longTextRefused: false });
  const batNbr = await reserve(site, INVOICE);

  const screen = await edit(
    site,
    INVOICE,
    "UPDATE",
    anInvoice(batNbr, 5, { document: { DocDesc: "x".repeat(31) } }),
  );

  expect(at(screen, "myARDoc", "DocDesc")).toBe("x".repeat(30));
});

test("ids are found without regard to letter case", async () => {
  const site = await aSite();

  const customer = await site.struct("customerMaintenance", "getCustomerByExactID", {
    custID: "c300",
  });

  expect(at(customer, "CustId")).toBe("C300");
});

test("doubles carry noise in the last place where the site has it", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { floatNoise: true });
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 0.3));

  const screen = await site.struct(INVOICE, "getScreenByBatNbr", { batNbr });

  const amount = at(screen, "myARDoc", "CuryOrigDocAmt");
  expect(amount).not.toBe("0.3");
  expect(Number(amount)).toBeCloseTo(0.3, 12);
});

test("ping answers without the SOAP header when site and key are in its body", async () => {
  const site = await aSite();
  const { siteId, siteKey } = site.credentials;

  const { status, body } = await site.raw("quickQuery", "ping", {
    pingType: "ALL",
    siteID: siteId,
    siteKey,
  });

  expect(status).toBe(200);
  expect(body).toContain("<pingType>SQL</pingType><status>OK</status>");
});
