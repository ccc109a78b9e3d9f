import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifySignature } from "./signature.ts";
import { aWebhook, SECRET } from "./testing/webhook.ts";

const BODY = Buffer.from('{"id":"evt_1","object":"event"}');
const NOW = () => new Date();

function check(header: string | undefined, rawBody: Uint8Array = BODY, secrets = [SECRET]) {
  return () => verifySignature({ header, rawBody, secrets, now: NOW() });
}

function headerOf(options: Parameters<typeof aWebhook>[1] = {}): string {
  return aWebhook(BODY, options).headers["stripe-signature"] ?? "";
}

test("a header that the official SDK made for a known secret and time passes", () => {
  const header = "t=1700000000,v1=47dcdf15debfd0659802b1ff8a97f5db9aa674dc803e53473f9844baf5ba3ead";

  const verify = () =>
    verifySignature({
      header,
      rawBody: BODY,
      secrets: ["whsec_test_vector"],
      now: new Date(1_700_000_100_000),
    });

  expect(verify).not.toThrow();
});

test("any of several signatures by any of several secrets passes", () => {
  const header = headerOf({ secrets: ["whsec_old", "whsec_other"] });

  expect(check(header, BODY, ["whsec_new", "whsec_old"])).not.toThrow();
});

test("a signature by another secret is refused", () => {
  expect(check(headerOf({ secrets: ["whsec_other"] }))).toThrow(
    expect.objectContaining({ code: "intake.signature_invalid" }),
  );
});

test("an empty secret signs nothing", () => {
  expect(check(headerOf({ secrets: [""] }), BODY, [""])).toThrow(
    expect.objectContaining({ code: "intake.signature_invalid" }),
  );
});

test("a pair without a secret accepts nothing", () => {
  expect(check(headerOf(), BODY, [])).toThrow(
    expect.objectContaining({ code: "intake.signature_invalid" }),
  );
});

test("a right signature under another scheme is refused", () => {
  const header = headerOf().replace(",v0=decoy", "").replace("v1=", "v0=");

  expect(check(header)).toThrow(expect.objectContaining({ code: "intake.signature_invalid" }));
});

test.each([
  ["of an unsigned request", undefined, "intake.signature_missing"],
  ["that is empty", "", "intake.signature_missing"],
  ["without a time", `v1=${"a".repeat(64)}`, "intake.signature_invalid"],
  ["without a signature", "t=1700000000", "intake.signature_invalid"],
  ["with a signature of another length", "t=1700000000,v1=abcd", "intake.signature_invalid"],
  ["with a time that is no number", `t=1e9,v1=${"a".repeat(64)}`, "intake.signature_invalid"],
  ["of noise", "=,=,t,v1,,;;", "intake.signature_invalid"],
])("a header %s is refused", (_case, header, code) => {
  expect(check(header)).toThrow(expect.objectContaining({ code }));
});

describe("the time of the signature", () => {
  test.each([
    ["299 seconds old", 299],
    ["299 seconds ahead", -298],
  ])("passes when %s", (_case, ageSeconds) => {
    expect(check(headerOf({ ageSeconds }))).not.toThrow();
  });

  test.each([
    ["302 seconds old", 302],
    ["302 seconds ahead", -302],
    ["a day ahead", -86_400],
  ])("is refused when %s", (_case, ageSeconds) => {
    expect(check(headerOf({ ageSeconds }))).toThrow(
      expect.objectContaining({ code: "intake.signature_stale" }),
    );
  });
});

test("no change of a single byte of a signed body passes", () => {
  const { body, headers } = aWebhook(BODY);
  const changes = fc.record({
    position: fc.nat(body.length - 1),
    xor: fc.integer({ min: 1, max: 255 }),
  });

  const property = fc.property(changes, ({ position, xor }) => {
    const changed = Buffer.from(body);
    changed[position] = (changed[position] ?? 0) ^ xor;
    expect(check(headers["stripe-signature"], changed)).toThrow();
  });

  fc.assert(property);
});

test("no header, however strange, passes or breaks the check", () => {
  const property = fc.property(fc.string({ maxLength: 300 }), (header) => {
    expect(check(header)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^intake\.signature_/) as unknown }),
    );
  });

  fc.assert(property);
});
