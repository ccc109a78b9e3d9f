/**
 * An element: its attributes as `@name`, its child elements by qualified name, a list where one
 * occurs more than once, and what text it has as `#text`.
 */
export type XmlNode = Readonly<Record<string, unknown>>;

type Open = { readonly name: string; node: Record<string, unknown> | undefined; text: string };

const NAME = /^[\p{L}_][\p{L}\p{N}\p{M}_.:\u00b7-]*$/u;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/**
 * Reads a document into its elements by name: an element without attributes and children is its
 * text. A screen has hundreds of elements, and a general parser took a third of all that a call
 * costs.
 *
 * @throws Error that says what is not well-formed; a document type is none, as in every SOAP message
 */
export function parseXml(source: string): XmlNode {
  const root: Open = { name: "", node: {}, text: "" };
  const open: Open[] = [root];
  const names = new Set<string>();
  let at = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < source.length) {
    const mark = source.indexOf("<", at);
    const end = mark === -1 ? source.length : mark;
    if (end > at) addText(open[open.length - 1] as Open, source.slice(at, end));
    if (mark === -1) break;
    at = readMarkup(source, mark, { open, names });
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)?.name}> is not closed`);
  if (root.text.trim() !== "") throw new Error("there is text outside of the root");
  const roots = Object.values(root.node ?? {});
  if (roots.length !== 1 || Array.isArray(roots[0])) throw new Error("there is no single root");
  return root.node ?? {};
}

type Reading = Readonly<{ open: Open[]; names: Set<string> }>;

/** Handles what begins with the `<` at `mark`; gives the position behind it. */
function readMarkup(source: string, mark: number, reading: Reading): number {
  const next = source.charCodeAt(mark + 1);
  if (next === SLASH) return closeTag(source, mark, reading.open);
  if (next === QUESTION) return behind(source, "?>", mark);
  if (next !== EXCLAMATION) return openTag(source, mark, reading);
  if (source.startsWith("<!--", mark)) return behind(source, "-->", mark + 4);
  if (!source.startsWith("<![CDATA[", mark)) throw new Error("a document type is not accepted");
  const end = behind(source, "]]>", mark);
  (reading.open[reading.open.length - 1] as Open).text += source.slice(mark + 9, end - 3);
  return end;
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
const EXCLAMATION = 0x21;

function openTag(source: string, mark: number, { open, names }: Reading): number {
  const end = tagEnd(source, mark);
  const isEmpty = source.charCodeAt(end - 2) === SLASH;
  const content = source.slice(mark + 1, isEmpty ? end - 2 : end - 1);
  const blank = content.search(/\s/);
  const name = blank === -1 ? content : content.slice(0, blank);
  if (!names.has(name)) {
    if (!NAME.test(name)) throw new Error(`<${name.slice(0, 40)}> is no element`);
    names.add(name);
  }
  const node = blank === -1 ? undefined : readAttributes(content.slice(blank));
  const opened: Open = { name, node, text: "" };
  if (isEmpty) place(open[open.length - 1] as Open, opened);
  else open.push(opened);
  return end;
}

/** Behind the `>` of the tag at `mark`, skipping those inside quoted attributes. */
function tagEnd(source: string, mark: number): number {
  const end = behind(source, ">", mark);
  if (!source.slice(mark, end).includes("=")) return end;
  const tag = /<[^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*>/y;
  tag.lastIndex = mark;
  if (!tag.test(source)) throw new Error("a tag has broken attributes");
  return tag.lastIndex;
}

function readAttributes(content: string): Record<string, unknown> | undefined {
  const found: Record<string, unknown> = {};
  const rest = content.replace(
    /\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
    (_all, name: string, double: string | undefined, single: string | undefined) => {
      found[`@${name}`] = decode(double ?? single ?? "");
      return "";
    },
  );
  if (rest.trim() !== "") throw new Error("a tag has broken attributes");
  return Object.keys(found).length === 0 ? undefined : found;
}

function closeTag(source: string, mark: number, open: Open[]): number {
  const end = behind(source, ">", mark);
  const closed = open.pop() as Open;
  const name = source.slice(mark + 2, end - 1).trimEnd();
  if (open.length === 0 || closed.name !== name) {
    throw new Error(`</${name}> closes <${closed.name}>`);
  }
  place(open[open.length - 1] as Open, closed);
  return end;
}

function place(parent: Open, { name, node, text }: Open): void {
  if (node !== undefined && text !== "") node["#text"] = text;
  const value = node ?? text;
  parent.node ??= {};
  const known = Object.hasOwn(parent.node, name) ? parent.node[name] : undefined;
  if (known === undefined) parent.node[name] = value;
  else if (Array.isArray(known)) known.push(value);
  else parent.node[name] = [known, value];
}

function addText(element: Open, raw: string): void {
  element.text += decode(raw);
}

function decode(raw: string): string {
  const text = raw.includes("\r") ? raw.replace(/\r\n?/g, "\n") : raw;
  if (!text.includes("&")) return text;
  return text.replace(/&([^;&\s]{0,10};)?/g, (_all, reference: string | undefined) => {
    const name = reference?.slice(0, -1) ?? "";
    const decoded = name.startsWith("#") ? fromCode(name) : ENTITIES[name];
    if (decoded === undefined) throw new Error(`&${name} is no reference`);
    return decoded;
  });
}

function fromCode(reference: string): string | undefined {
  const isHex = reference.startsWith("#x");
  const digits = reference.slice(isHex ? 2 : 1);
  if (!(isHex ? /^[0-9a-fA-F]+$/ : /^[0-9]+$/).test(digits)) return undefined;
  const code = Number.parseInt(digits, isHex ? 16 : 10);
  return code > 0x10ffff ? undefined : String.fromCodePoint(code);
}

function behind(source: string, text: string, from: number): number {
  const found = source.indexOf(text, from);
  if (found === -1) throw new Error(`"${text}" is missing`);
  return found + text.length;
}
