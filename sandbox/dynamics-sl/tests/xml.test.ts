import { expect, test } from "vitest";
import { parseXml } from "../soap/xml.ts";

test("reads elements by name: a leaf is its text, and what occurs twice is a list", () => {
  const xml =
    '<?xml version="1.0"?><s:a xmlns:s="urn:x" q=\'1>0\'><!-- no -->' +
    "<s:b>  x &amp; &#8364;&#x41; </s:b>" +
    "<c/><d></d><c><![CDATA[<&>]]></c><e nil='true'/><e nil='no'>t</e></s:a>";

  expect(parseXml(xml)).toEqual({
    "s:a": {
      "@xmlns:s": "urn:x",
      "@q": "1>0",
      "s:b": "  x & €A ",
      c: ["", "<&>"],
      d: "",
      e: [{ "@nil": "true" }, { "@nil": "no", "#text": "t" }],
    },
  });
});

test.each([
  ["an element that is not closed", "<a><b></b>"],
  ["an end of another element", "<a><b></a></b>"],
  ["text outside of the root", "x<a/>"],
  ["two roots", "<a/><b/>"],
  ["no root", ""],
  ["a document type", "<!DOCTYPE a><a/>"],
  ["an attribute without quotes", "<a b=c/>"],
  ["a reference that nobody knows", "<a>&nope;</a>"],
])("refuses %s", (_what, xml) => {
  expect(() => parseXml(xml)).toThrow();
});
