import { createServer } from "node:net";
import { XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ContractLock, readContractLock } from "./contract-lock.ts";
import {
  answerFault,
  answerResult,
  renderWsdl,
  type ScriptedSite,
  startScriptedSite,
} from "./scripted-site.ts";
import { type CallReport, createSoapClient, type SoapClient } from "./soap-client.ts";

const lock: ContractLock = readContractLock();
const WRITE = { kind: "write" } as const;
const READ = { kind: "read" } as const;
const ADD = { actionType: "ADD", inItem: { User2: "KEY" } };

let site: ScriptedSite;
let client: SoapClient;
let reports: CallReport[];

beforeEach(async () => {
  site = await startScriptedSite(lock);
  reports = [];
  client = clientOf(site.url);
});

afterEach(async () => {
  client.close();
  await site.close();
});

function clientOf(baseUrl: string, limits: { callTimeoutMs?: number; socketsMax?: number } = {}) {
  return createSoapClient({
    baseUrl,
    user: "hub",
    password: "pässword",
    header: { siteID: "LIVE", siteKey: "k&y", cpnyID: "0060", softwareName: "Slipway" },
    socketsMax: limits.socketsMax ?? 4,
    callTimeoutMs: limits.callTimeoutMs ?? 2_000,
    readTimeoutMs: limits.callTimeoutMs ?? 2_000,
    lock,
    onCall: (report) => reports.push(report),
  });
}

function write(options: { signal?: AbortSignal; sendBy?: number } = {}) {
  return client.call("invoiceAndMemo", "editBatch", ADD, { ...WRITE, ...options });
}

function read() {
  return client.call("invoiceAndMemo", "getScreenByBatNbr", { batNbr: "000001" }, READ);
}

const fails = (code: string) => expect.objectContaining({ name: "HubError", code });

/** Waits until the site has received `count` calls. */
async function received(count: number): Promise<void> {
  await expect.poll(() => site.calls.length, { timeout: 5_000 }).toBe(count);
}

describe("what happens to a call", () => {
  test("nobody listening is unavailable, for a write too", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await site.close();
    client = clientOf(`http://127.0.0.1:${port}/ctDynamicsSL`);

    await expect(write()).rejects.toEqual(fails("erp.unavailable"));
    site = await startScriptedSite(lock);
  });

  test("a kept connection that the server closed is replaced before the request leaves", async () => {
    await warmUp();

    site.dropIdle();

    await expect(write()).resolves.toMatchObject({ BatNbr: "1" });
    expect(site.calls).toHaveLength(2);
  });

  test("a server that went away between two calls is unavailable", async () => {
    await warmUp();
    await site.close();

    await expect(write()).rejects.toEqual(fails("erp.unavailable"));
    site = await startScriptedSite(lock);
  });

  test("a server that never answers leaves a write open and a read unavailable", async () => {
    client = clientOf(site.url, { callTimeoutMs: 150 });

    await expect(write()).rejects.toEqual(fails("erp.outcome_open"));
    await expect(read()).rejects.toEqual(fails("erp.unavailable"));
  });

  test("a connection dropped after the request leaves a write open", async () => {
    site.script.answer = (_call, response) => response.destroy();

    await expect(write()).rejects.toEqual(fails("erp.outcome_open"));
    await expect(read()).rejects.toEqual(fails("erp.unavailable"));
  });

  test("an answer that breaks off leaves a write open", async () => {
    site.script.answer = (_call, response) => {
      response.writeHead(200, { "content-type": "text/xml" });
      response.write("<soap:Envelope xmlns:soap=", () => response.destroy());
    };

    await expect(write()).rejects.toEqual(fails("erp.outcome_open"));
  });

  test("a complete answer with half a document in it leaves a write open", async () => {
    site.script.answer = (_call, response) => response.end("<Envelope><Body><editBatchResp");

    await expect(write()).rejects.toEqual(fails("erp.outcome_open"));
  });

  test.each([200, 400, 404, 500, 502, 503, 504])(
    "HTTP %i with a page in place of SOAP leaves a write open",
    async (status) => {
      site.script.answer = (_call, response) => {
        response.writeHead(status, { "content-type": "text/html" });
        response.end("<html><body>Runtime Error</body></html>");
      };

      await expect(write()).rejects.toEqual(fails("erp.outcome_open"));
      await expect(read()).rejects.toEqual(fails("erp.unavailable"));
    },
  );

  test.each([401, 403])("HTTP %i is an authentication error", async (status) => {
    site.script.answer = (_call, response) => {
      response.writeHead(status);
      response.end("no");
    };

    await expect(write()).rejects.toEqual(fails("erp.auth"));
  });

  test("the answer of another operation leaves a write open", async () => {
    site.script.answer = (call, response) =>
      answerResult({ ...call, operation: "editScreen" }, response, "");

    await expect(write()).rejects.toEqual(fails("erp.outcome_open"));
  });

  test("an abort before the request left is no open outcome", async () => {
    await warmUp();

    await expect(write({ signal: AbortSignal.abort() })).rejects.toEqual(fails("erp.unavailable"));
    expect(site.calls).toHaveLength(1);
  });

  test("an abort while the server works is an open outcome", async () => {
    await warmUp();
    site.script.answer = () => undefined;
    const abort = new AbortController();

    const call = write({ signal: abort.signal });
    const outcome = expect(call).rejects.toEqual(fails("erp.outcome_open"));
    await received(2);
    abort.abort();

    await outcome;
  });

  test("a write that is late for its moment is not sent", async () => {
    await warmUp();

    const late = write({ sendBy: performance.now() - 1 });

    await expect(late).rejects.toEqual(fails("erp.busy"));
    expect(site.calls).toHaveLength(1);
  });

  test("a write that gets no free connection in time is not sent", async () => {
    client = clientOf(site.url, { socketsMax: 1, callTimeoutMs: 400 });
    await warmUp();
    site.script.answer = () => undefined;
    const first = expect(write()).rejects.toEqual(fails("erp.outcome_open"));
    await received(2);

    const second = write({ sendBy: performance.now() + 50 });

    await expect(second).rejects.toEqual(fails("erp.busy"));
    await first;
    expect(site.calls).toHaveLength(2);
  });

  test("no more connections are open than allowed", async () => {
    client = clientOf(site.url, { socketsMax: 2 });
    let open = 0;
    let most = 0;
    site.script.answer = (call, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        answerResult(call, response, "<BatNbr>000001</BatNbr>");
      }, 5);
    };

    await Promise.all(Array.from({ length: 12 }, () => write()));

    expect(most).toBe(2);
  });
});

describe("what the answer says", () => {
  test.each([
    ["Transaction (Process ID 53) was deadlocked on lock resources", "erp.busy"],
    ["Lock request time out period exceeded.", "erp.busy"],
    ["Batch 000123 is locked by SYSADMIN", "erp.busy"],
    ["Timeout expired. The timeout period elapsed prior to completion", "erp.outcome_open"],
    ["Message 12306: payment applies to an unreleased invoice", "erp.refused"],
    ["Invalid site id", "erp.auth"],
    ["Object reference not set to an instance of an object", "erp.refused"],
  ])("a fault %j is %s", async (text, code) => {
    site.script.answer = (_call, response) => answerFault(response, text);

    await expect(write()).rejects.toEqual(fails(code));
  });

  test("HTTP 200 with an error text is a refusal with SL's words and number", async () => {
    site.script.answer = (call, response) =>
      answerResult(call, response, "<errorMessage>Message 8013: no such period </errorMessage>");

    await expect(write()).rejects.toMatchObject({
      code: "erp.refused",
      facts: { message: "Message 8013: no such period", messageNbr: 8013 },
    });
  });

  test("an error text of SL that speaks of a site or company is no authentication error", async () => {
    site.script.answer = (call, response) =>
      answerResult(call, response, "<errorMessage>Site ID MAIN is inactive</errorMessage>");

    await expect(write()).rejects.toEqual(fails("erp.refused"));
  });

  test("an error text deep in the screen is a refusal", async () => {
    site.script.answer = (call, response) =>
      answerResult(
        call,
        response,
        "<errorMessage/><myBatch><BatNbr>000001</BatNbr></myBatch>" +
          "<myARTran><ARTran/><ARTran><errorMessage>bad line</errorMessage></ARTran></myARTran>",
      );
    const inScreen = { myBatch: {} };

    const call = client.call(
      "invoiceAndMemo",
      "editScreen",
      { actionType: "UPDATE", inScreen },
      WRITE,
    );

    await expect(call).rejects.toMatchObject({ facts: { message: "bad line" } });
  });

  test("a result code other than 0 is a refusal even without words", async () => {
    site.script.answer = (call, response) =>
      answerResult(call, response, "<resultCode>-1</resultCode><BatNbr>000001</BatNbr>");

    await expect(write()).rejects.toEqual(fails("erp.refused"));
  });

  test("blank error fields and code 0 are a success", async () => {
    site.script.answer = (call, response) =>
      answerResult(
        call,
        response,
        "<errorMessage>   </errorMessage><resultCode>0</resultCode><BatNbr>000007    </BatNbr>",
      );

    await expect(write()).resolves.toMatchObject({ BatNbr: "000007    " });
    expect(reports).toEqual([
      expect.objectContaining({ operation: "editBatch", actionType: "ADD", outcome: "ok" }),
    ]);
  });
});

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
