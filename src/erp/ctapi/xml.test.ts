import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { childOf, escapeXml, parseXml, XmlError, type XmlNode } from "./xml.ts";

const general = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  removeNSPrefix: true,
});

/** The tree as the general parser shows it: text, or children by name with arrays for repeats. */
function generalShape(node: XmlNode): unknown {
  if (node.children.length === 0) return node.text;
  const shape: Record<string, unknown> = {};
  for (const child of node.children) {
    const value = generalShape(child);
    const before = shape[child.name];
    if (before === undefined) shape[child.name] = value;
    else
      shape[child.name] = Array.isArray(before)
        ? [...(before as unknown[]), value]
        : [before, value];
  }
  return shape;
}

function isRead(source: string): boolean {
  try {
    parseXml(source);
    return true;
  } catch (thrown) {
    if (thrown instanceof XmlError) return false;
    throw thrown;
  }
}

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((text) => !(text in {}));
const tree: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    fc
      .tuple(name, fc.string({ unit: "binary", minLength: 1 }))
      .map(([tag, text]) => `<${tag}>${escapeXml(text)}.</${tag}>`),
    fc
      .tuple(name, fc.array(tie("node"), { minLength: 1, maxLength: 4 }))
      .map(([tag, inner]) => `<p:${tag} a="1">${inner.join("")}</p:${tag}>`),
  ),
})).node;

test("any text survives being written and read", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const kept = [...text]
        .filter((character) =>
          /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u.test(character),
        )
        .join("");

      expect(parseXml(`<a>${escapeXml(text)}</a>`).text).toBe(kept);
    }),
  );
});

test("any tree is read as a general parser reads it", () => {
  fc.assert(
    fc.property(tree, (source) => {
      const root = parseXml(source);

      expect({ [root.name]: generalShape(root) }).toEqual(general.parse(source));
    }),
    { numRuns: 300 },
  );
});

test("an answer that was cut off anywhere is refused", () => {
  const source = '<?xml version="1.0"?><a x="1"><b>text &amp; more</b><c/></a>';

  const pieces = [...source].map((_character, length) => source.slice(0, length));

  expect(pieces.filter((piece) => isRead(piece))).toEqual([]);
});

test.each([
  ["a page of a proxy", "<html><body><p>503<br>Service Unavailable</body></html>"],
  ["a document type", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ["an unknown reference", "<a>&nbsp;</a>"],
  ["a bare ampersand", "<a>R & D</a>"],
  ["text behind the root", "<a></a>rest"],
  ["two roots", "<a></a><b></b>"],
  ["an attribute without quotes", "<a b=1></a>"],
  ["nothing", ""],
])("%s is refused", (_what, source) => {
  expect(() => parseXml(source)).toThrow(XmlError);
});

test("elements nested without end are refused instead of filling the memory", () => {
  expect(() => parseXml("<a>".repeat(100_000))).toThrow(XmlError);
});

describe("what .NET writes", () => {
  test("leading and trailing blanks are kept", () => {
    expect(parseXml("<a> C300      </a>").text).toBe(" C300      ");
  });

  test("references, character data and comments become text", () => {
    const source = "<a>&lt;&#65;&#x42;&apos;<!-- no --><![CDATA[<&>]]></a>";

    expect(parseXml(source).text).toBe("<AB'<&>");
  });

  test("a reference to a character that XML forbids is left out", () => {
    expect(parseXml("<a>a&#x0;b&#x1F;c</a>").text).toBe("abc");
  });

  test("a mark inside an attribute does not end its tag", () => {
    const root = parseXml('<a><b note="1 > 0" xsi:nil="true" /><c/></a>');

    expect(childOf(root, "b")?.attributes).toEqual({ note: "1 > 0", nil: "true" });
    expect(root.children).toHaveLength(2);
  });

  test("a byte order mark is skipped", () => {
    expect(parseXml("\ufeff<a>1</a>").text).toBe("1");
  });
});

test("control characters and lone surrogates are left out of a request", () => {
  expect(escapeXml("a\u0000b\u001fc\ud800d\ufffee\u{1f600}")).toBe("abcde\u{1f600}");
});
