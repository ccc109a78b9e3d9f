import { XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ContractLock, readContractLock } from "./contract-lock.ts";
import type { SoapClient } from "./soap-client.ts";
import {
  answerResult,
  renderWsdl,
  type ScriptedSite,
  scriptedClient,
  startScriptedSite,
} from "./testing/scripted-site.ts";

const lock: ContractLock = readContractLock();
const WRITE = { kind: "write" } as const;
const READ = { kind: "read" } as const;
const ADD = { actionType: "ADD", inItem: { User2: "KEY" } };

let site: ScriptedSite;
let client: SoapClient;

beforeEach(async () => {
  site = await startScriptedSite(lock);
  client = scriptedClient(site.url, lock);
});

afterEach(async () => {
  client.close();
  await site.close();
});

function write() {
  return client.call("invoiceAndMemo", "editBatch", ADD, WRITE);
}

function read() {
  return client.call("invoiceAndMemo", "getScreenByBatNbr", { batNbr: "000001" }, READ);
}

const fails = (code: string): unknown => expect.objectContaining({ name: "HubError", code });

describe("what is sent", () => {
  test("elements follow the server's own order and required ones are filled", async () => {
    const { invoiceAndMemo } = lock;
    const reversed = {
      ...invoiceAndMemo.types,
      Batch: invoiceAndMemo.types.Batch?.toReversed() ?? [],
    };
    site.wsdl.of = () => renderWsdl({ ...invoiceAndMemo, types: reversed });
    site.script.answer = (call, response) => answerResult(call, response, "<BatNbr>1</BatNbr>");

    await client.call(
      "invoiceAndMemo",
      "editBatch",
      { inItem: { CpnyID: "0060", User2: "KEY" }, actionType: "ADD" },
      WRITE,
    );

    const names = [...(site.calls[0]?.body.matchAll(/<(\w+)>/g) ?? [])].map(([, name]) => name);
    expect(names.indexOf("User2")).toBeLessThan(names.indexOf("CpnyID"));
    expect(names.indexOf("CpnyID")).toBeGreaterThan(names.indexOf("CuryEffDate"));
    expect(site.calls[0]?.body).toContain("<CuryEffDate>1900-01-01T00:00:00</CuryEffDate>");
    expect(site.calls[0]?.body).toContain("<CrTot>0</CrTot>");
    expect(site.calls[0]?.body).not.toContain("<errorMessage>");
  });

  test("the header, the credentials and the action are the contract's", async () => {
    await warmUp();

    const [{ headers, body } = { headers: {}, body: "" }] = site.calls.map((call) => ({
      headers: call.headers as Readonly<Record<string, unknown>>,
      body: call.body,
    }));
    const credentials = Buffer.from("hub:pässword", "utf8").toString("base64");
    expect(headers.authorization).toBe(`Basic ${credentials}`);
    expect(headers.soapaction).toBe(
      '"http://www.catalinatechnology.com/services/ctDynamicsSL/editBatch"',
    );
    expect(body).toContain("<siteID>LIVE</siteID><siteKey>k&amp;y</siteKey><cpnyID>0060</cpnyID>");
    expect(body).not.toContain("softwareName");
  });

  test("no text makes a request that is no XML", async () => {
    site.script.answer = (call, response) => answerResult(call, response, "<BatNbr>1</BatNbr>");
    const User2 = "a\u0000b]]>\u0008<&\"'\ud800\ufffe\u{1f600}";

    await client.call("invoiceAndMemo", "editBatch", { inItem: { User2 } }, WRITE);

    expect(XMLValidator.validate(site.calls[0]?.body ?? "")).toBe(true);
    expect(site.calls[0]?.body).toContain("<User2>ab]]&gt;&lt;&amp;&quot;&apos;\u{1f600}</User2>");
  });

  test("an element that the contract lacks is refused before anything is sent", async () => {
    const call = client.call("invoiceAndMemo", "editBatch", { inItem: { CustID: "C300" } }, WRITE);

    await expect(call).rejects.toEqual(fails("erp.contract"));
    expect(site.calls).toHaveLength(0);
  });
});

describe("the site's contract", () => {
  test("a server without the service is a contract error", async () => {
    site.wsdl.of = () => undefined;

    await expect(read()).rejects.toEqual(fails("erp.contract"));
  });

  test.each([
    ["operation", 'name="getScreenByBatNbr"', 'name="getScreen"'],
    ["element", 'name="User2"', 'name="UserX"'],
    ["type", 'name="BatNbr" type="s:string"', 'name="BatNbr" type="s:int"'],
  ])("a missing %s is a contract error that names it", async (_what, present, absent) => {
    site.wsdl.of = () => renderWsdl(lock.invoiceAndMemo).replaceAll(present, absent);

    await expect(read()).rejects.toEqual(fails("erp.contract"));
  });

  test("a contract that could not be read is asked for again", async () => {
    const { of } = site.wsdl;
    site.wsdl.of = () => undefined;
    await expect(read()).rejects.toEqual(fails("erp.contract"));
    site.wsdl.of = of;
    site.script.answer = (call, response) => answerResult(call, response, "");

    await expect(read()).resolves.toBeDefined();
  });

  test("the contract is fetched once however many calls begin together", async () => {
    let fetched = 0;
    const { of } = site.wsdl;
    site.wsdl.of = (service) => {
      fetched += 1;
      return of(service);
    };
    site.script.answer = (call, response) => answerResult(call, response, "<BatNbr>1</BatNbr>");

    await Promise.all([write(), write(), read()]);

    expect(fetched).toBe(1);
  });
});

/** One good call, so that the contract is known and a connection stands open. */
async function warmUp(): Promise<void> {
  site.script.answer = (call, response) => answerResult(call, response, "<BatNbr>1</BatNbr>");
  await write();
}
