import { expect, test } from "vitest";
import { readable, secretForms } from "./readable.ts";

const SECRETS = secretForms({ user: "hub", password: "p<&ss", others: ["KEY-1", ""] });

test("a secret is masked in every form a body can write it", () => {
  const basic = Buffer.from("hub:p<&ss").toString("base64");
  const body = `<a>p<&ss</a><b>p&lt;&amp;ss</b><c>${basic}</c><d k="KEY-1">KEY-1</d>`;

  expect(readable(body, SECRETS)).toBe('<a>***</a><b>***</b><c>***</c><d k="***">***</d>');
});

test("a secret with quotes is masked as .NET writes it, which leaves them as they are", () => {
  const forms = secretForms({ user: "hub", password: `a"b'c>d`, others: [] });

  expect(readable(`<a>a"b'c&gt;d</a>`, forms)).toBe("<a>***</a>");
});

test("a secret that holds another one leaves nothing of itself", () => {
  const forms = secretForms({ user: "hub", password: "abc", others: ["abcdef"] });

  expect(readable("<a>abcdef abc</a>", forms)).toBe("<a>*** ***</a>");
});

test("what nobody entered is left out, and so is padding", () => {
  const empty = '<A /><B></B><C>   </C><E xsi:nil="true" /><F><G/></F>';
  const unset = "<H>0</H><I>0.00</I><J>1900-01-01T00:00:00</J>";
  const entered = "<K>000123    </K><L>-0.5</L><M>10</M><N>0060</N><O>1900-01-02T00:00:00</O>";

  expect(readable(`<s>${empty}${unset}${entered}</s>`, [])).toBe(
    "<s><F></F><K>000123</K><L>-0.5</L><M>10</M><N>0060</N><O>1900-01-02T00:00:00</O></s>",
  );
});
