import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HubError } from "../../base/errors.ts";
import { sendBy } from "../../base/last-look.ts";
import { type ContractLock, readContractLock } from "./contract-lock.ts";
import { ANSWER_BYTES_MAX } from "./http.ts";
import { absentIfUnknown } from "./read-batch.ts";
import type { CallReport, SoapClient } from "./soap-client.ts";
import {
  answerFault,
  answerResult,
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
let reports: CallReport[];

beforeEach(async () => {
  site = await startScriptedSite(lock);
  reports = [];
  client = scriptedClient(site.url, lock, { onCall: (report) => reports.push(report) });
});

afterEach(async () => {
  client.close();
  await site.close();
});

function write(options: { signal?: AbortSignal } = {}) {
  return client.call("invoiceAndMemo", "editBatch", ADD, { ...WRITE, ...options });
}

function read() {
  return client.call("invoiceAndMemo", "getScreenByBatNbr", { batNbr: "000001" }, READ);
}

const renew = () => Promise.resolve();
const fails = (code: string): unknown => expect.objectContaining({ name: "HubError", code });

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
    client = scriptedClient(`http://127.0.0.1:${port}/ctDynamicsSL`, lock);

    await expect(write()).rejects.toEqual(fails("erp.unavailable"));
    site = await startScriptedSite(lock);
  });

  test("a kept connection that the server closed is replaced before sending", async () => {
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

  test("a failed TLS handshake is unavailable: nothing had left yet", async () => {
    client = scriptedClient(site.url.replace("http:", "https:"), lock);

    await expect(write()).rejects.toEqual(fails("erp.unavailable"));
    expect(site.calls).toHaveLength(0);
  });

  test("a server that never answers leaves a write open and a read unavailable", async () => {
    client = scriptedClient(site.url, lock, { callTimeoutMs: 150 });

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

  test("an answer larger than 4 MiB is a broken contract for a read, an open write", async () => {
    const text = "x".repeat(ANSWER_BYTES_MAX);
    site.script.answer = (call, response) =>
      answerResult(call, response, `<BatNbr>${text}</BatNbr>`);

    await expect(write()).rejects.toEqual(fails("erp.outcome_open"));
    await expect(read()).rejects.toMatchObject({
      code: "erp.contract",
      message: expect.stringMatching(/^The answer to \w+ is larger than 4 MiB$/) as unknown,
    });
  });

  test("an answer that just fits is read", async () => {
    const text = "x".repeat(ANSWER_BYTES_MAX - 2_048);
    site.script.answer = (call, response) =>
      answerResult(call, response, `<BatNbr>${text}</BatNbr>`);

    await expect(write()).resolves.toMatchObject({ BatNbr: text });
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

    const late = sendBy({ renew, mayLeave: () => false }, () => write());

    await expect(late).rejects.toEqual(fails("erp.busy"));
    expect(site.calls).toHaveLength(1);
  });

  test("a write whose moment passes while it waits for a connection is not sent", async () => {
    client = scriptedClient(site.url, lock, { socketsMax: 1 });
    await warmUp();
    let answerFirst: () => void = () => undefined;
    site.script.answer = (call, response) => {
      answerFirst = () => answerResult(call, response, "<BatNbr>000001</BatNbr>");
    };
    const first = write();
    await received(2);

    let looks = 0;
    const mayLeave = () => {
      looks += 1;
      return looks === 1;
    };
    const second = sendBy({ renew, mayLeave }, () => write());
    await expect.poll(() => looks).toBe(1);
    answerFirst();

    await expect(second).rejects.toMatchObject({ facts: { reason: "too_late" } });
    await first;
    expect(site.calls).toHaveLength(2);
  });

  test("a write waits for a connection that a slow call has", async () => {
    client = scriptedClient(site.url, lock, { socketsMax: 1, callTimeoutMs: 8_000 });
    await warmUp();
    site.script.answer = (call, response) => {
      setTimeout(() => answerResult(call, response, "<BatNbr>000001</BatNbr>"), 2_200);
    };

    await Promise.all([write(), write()]);

    expect(site.calls).toHaveLength(3);
  });

  test("a write that cannot be renewed is not sent", async () => {
    await warmUp();
    const lost = () => Promise.reject(new HubError("run.frozen", "Another one has the lane"));

    const late = sendBy({ renew: lost, mayLeave: () => true }, () => write());

    await expect(late).rejects.toEqual(fails("run.frozen"));
    expect(site.calls).toHaveLength(1);
  });

  test("no more connections are open than allowed", async () => {
    client = scriptedClient(site.url, lock, { socketsMax: 2 });
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

  test("a fault that blames the client is a contract error", async () => {
    await warmUp();
    site.script.answer = (_call, response) =>
      answerFault(response, "Server did not recognize the value of SOAPAction", "soap:Client");
    await expect(write()).rejects.toEqual(fails("erp.contract"));
    site.wsdl.of = () => undefined;

    await expect(read()).rejects.toMatchObject({ facts: { service: "invoiceAndMemo" } });
  });

  test("HTTP 200 with an error text is a refusal with SL's words and number", async () => {
    site.script.answer = (call, response) =>
      answerResult(call, response, "<errorMessage>Message 8013: no such period </errorMessage>");

    await expect(write()).rejects.toMatchObject({
      code: "erp.refused",
      facts: { message: "Message 8013: no such period", messageNbr: 8013 },
    });
  });

  test("a refusal repeats no secret of the call, and means what its words say", async () => {
    client = scriptedClient(site.url, lock, { header: { siteKey: "k&y", licenseKey: "12008" } });
    const words = "Message 12008: k&amp;y of pässword";
    site.script.answer = (call, response) =>
      answerResult(call, response, `<errorMessage>${words}</errorMessage>`);

    await expect(write()).rejects.toMatchObject({
      code: "erp.refused",
      message: "SL refused: Message ***: *** of ***",
      facts: { message: "Message ***: *** of ***", messageNbr: 12008 },
    });
  });

  test("what SL does not find is absent, also where its words hold a secret", async () => {
    client = scriptedClient(site.url, lock, { header: { siteKey: "found" } });
    site.script.answer = (call, response) =>
      answerResult(call, response, "<errorMessage>Batch 000001 not found</errorMessage>");

    await expect(absentIfUnknown(read)).resolves.toBeUndefined();
    await expect(read()).rejects.toMatchObject({ facts: { message: "Batch 000001 not ***" } });
  });

  test.each(["soap:Server", "soap:Client"])("a fault of %s repeats no secret", async (code) => {
    await warmUp();
    const basic = Buffer.from("hub:pässword").toString("base64");
    site.script.answer = (_call, response) => answerFault(response, `k&amp;y of ${basic}`, code);

    const failure = await write().catch((error: unknown) => error);

    expect(failure).toMatchObject({ facts: { message: "*** of ***" } });
    expect(String(failure)).toContain(": *** of ***");
  });

  test("a fault that lets nobody in repeats no secret", async () => {
    site.script.answer = (_call, response) => answerFault(response, "Invalid site: LIVE, k&amp;y");

    await expect(write()).rejects.toMatchObject({
      code: "erp.auth",
      message: "SL's web service refused the call: Invalid site: LIVE, ***",
    });
  });

  test("an error text that speaks of a site is no authentication error", async () => {
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

/** One good call, so that the contract is known and a connection stands open. */
async function warmUp(): Promise<void> {
  site.script.answer = (call, response) => answerResult(call, response, "<BatNbr>1</BatNbr>");
  await write();
}
