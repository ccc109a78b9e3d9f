import { expect, test } from "vitest";
import { readable, secretForms } from "./readable.ts";

const SECRETS = secretForms({ user: "hub", password: "p<&ss", others: ["KEY-1", ""] });

test("a secret is masked in every form a body can write it", () => {
  const basic = Buffer.from("hub:p<&ss").toString("base64");
  const body = `<a>p<&ss</a><b>p&lt;&amp;ss</b><c>${basic}</c><d k="KEY-1">KEY-1</d>`;

  expect(readable(body, SECRETS)).toBe('<a>***</a><b>***</b><c>***</c><d k="***">***</d>');
});

test("a secret that holds another one leaves nothing of itself", () => {
  const forms = secretForms({ user: "hub", password: "abc", others: ["abcdef"] });

  expect(readable("<a>abcdef abc</a>", forms)).toBe("<a>*** ***</a>");
});

test("empty elements are left out, blanks and zeros are not", () => {
  const body = '<s><A /><B></B><C> </C><D>0</D><E xsi:nil="true" /><F><G/></F></s>';

  expect(readable(body, [])).toBe("<s><C> </C><D>0</D><F></F></s>");
});
