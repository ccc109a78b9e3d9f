import { SaxesParser } from "saxes";

/**
 * An element: its attributes as `@name`, its child elements by qualified name, a list where one
 * occurs more than once, and what text it has as `#text`.
 */
export type XmlNode = Readonly<Record<string, unknown>>;

type Open = { name: string; node: Record<string, unknown> | undefined; text: string };

/**
 * Reads a document into its elements by name: an element without attributes and children is its
 * text, blanks and all, since leading ones count in SL's columns.
 *
 * @throws Error that says what is not well-formed; a document type is not, as in all of SOAP
 */
export function parseXml(source: string): XmlNode {
  const root: Open = { name: "", node: emptyNode(), text: "" };
  const open: Open[] = [root];
  const innermost = () => open[open.length - 1] ?? root;
  const addText = (text: string) => {
    innermost().text += text;
  };
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("doctype", () => {
    throw new Error("a document type is not accepted");
  });
  parser.on("opentag", ({ name, attributes }) => {
    open.push({ name, node: attributesOf(attributes), text: "" });
  });
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    const closed = open.pop() ?? root;
    place(innermost(), closed);
  });
  parser.write(source).close();
  return root.node ?? emptyNode();
}

// Nodes have no prototype: with a hundred columns in each, that is what V8 fills and looks into
// fastest, and an element may be called what it likes.
function emptyNode(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

function attributesOf(all: Readonly<Record<string, string>>): Open["node"] {
  let node: Open["node"];
  for (const name in all) {
    node ??= emptyNode();
    node[`@${name}`] = all[name];
  }
  return node;
}

function place(parent: Open, { name, node, text }: Open): void {
  if (node !== undefined && text !== "") node["#text"] = text;
  const value = node ?? text;
  parent.node ??= emptyNode();
  const known = parent.node[name];
  if (known === undefined) parent.node[name] = value;
  else if (Array.isArray(known)) known.push(value);
  else parent.node[name] = [known, value];
}
