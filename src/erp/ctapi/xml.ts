/** An element as read: local name, attributes, child elements, and the text directly inside. */
export type XmlNode = Readonly<{
  /** Without its prefix. */
  name: string;
  /** By local name. */
  attributes: Readonly<Record<string, string>>;
  children: readonly XmlNode[];
  /** Blanks are kept: leading ones count in SL's columns. */
  text: string;
}>;

/** What was read is no well-formed XML, or uses a document type, which no service does. */
export class XmlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "XmlError";
  }
}

type OpenNode = {
  name: string;
  qualified: string;
  attributes: Readonly<Record<string, string>>;
  children: XmlNode[];
  text: string;
};

/** A name that was checked, with its part behind the prefix. */
type Name = Readonly<{ qualified: string; local: string }>;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};
const NAME = /^[\p{L}_][\p{L}\p{N}\p{M}_.:\u00b7-]*$/u;
const NO_ATTRIBUTES: Readonly<Record<string, string>> = Object.freeze({});
/**
 * Names of elements that were met, since answers repeat a few hundred of them: none is checked or
 * cut out of its answer twice. A site that sends ever new ones cannot fill the memory.
 */
const NAMES = new Map<string, Name>();
const NAMES_MAX = 10_000;
const ROOT: Name = { qualified: "", local: "" };
/** Most elements are columns, which have no children: they share this. */
const NO_CHILDREN: XmlNode[] = [];
const CLOSING = ">".charCodeAt(0);
const BLANK = " ".charCodeAt(0);
const SLASH = "/".charCodeAt(0);
/** Answers nest less than ten deep; a document that goes deeper is none of theirs. */
const DEPTH_MAX = 64;
/** What XML 1.0 can hold: no control characters, no lone surrogates, not even escaped. */
const OUTSIDE_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/**
 * Reads a document into its root element.
 *
 * Written here because answers of 15 kB are read for every document that is booked: a general
 * parser took ten times as long. It is stricter in what matters: an answer that was cut off, or a
 * proxy's HTML page, is no document.
 *
 * @throws XmlError
 */
export function parseXml(source: string): XmlNode {
  const root: OpenNode = newNode(ROOT, NO_ATTRIBUTES);
  const open: OpenNode[] = [root];
  let at = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < source.length) {
    const current = open[open.length - 1] as OpenNode;
    const mark = source.indexOf("<", at);
    const end = mark === -1 ? source.length : mark;
    if (end > at) addText(current, source.slice(at, end), open.length === 1);
    if (mark === -1) break;
    at = readMarkup(source, mark, open);
  }
  if (open.length !== 1) throw new XmlError(`<${open.at(-1)?.qualified}> is not closed`);
  const [only, second] = root.children;
  if (only === undefined || second !== undefined) throw new XmlError("there is no single root");
  return only;
}

/** Text made safe for content and attributes; what XML 1.0 cannot hold is left out. */
export function escapeXml(text: string): string {
  if (!/[&<>"'\r]|[^\t\n\r -\ud7ff]/.test(text)) return text;
  return (
    text
      .replace(OUTSIDE_XML, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&apos;")
      // A parser reads a bare carriage return as a line feed.
      .replaceAll("\r", "&#13;")
  );
}

/** The first child of that local name. */
export function childOf(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.find((child) => child.name === name);
}

/** Handles what begins with the `<` at `mark`; gives the position behind it. */
function readMarkup(source: string, mark: number, open: OpenNode[]): number {
  const next = source.charAt(mark + 1);
  if (next === "/") return closeTag(source, mark, open);
  if (next === "?") return behind(source, "?>", mark);
  if (next !== "!") return openTag(source, mark, open);
  if (source.startsWith("<!--", mark)) return behind(source, "-->", mark + 4);
  if (!source.startsWith("<![CDATA[", mark)) throw new XmlError("a document type is not accepted");
  const end = behind(source, "]]>", mark);
  const current = open[open.length - 1] as OpenNode;
  current.text += source.slice(mark + 9, end - 3).replaceAll("\r\n", "\n");
  return end;
}

function closeTag(source: string, mark: number, open: OpenNode[]): number {
  const closed = open.pop() as OpenNode;
  const { qualified } = closed;
  const behindName = mark + 2 + qualified.length;
  const isPlain = source.startsWith(qualified, mark + 2) && isClosing(source, behindName);
  const end = isPlain ? behindName + 1 : behind(source, ">", mark);
  const name = isPlain ? qualified : source.slice(mark + 2, end - 1).trimEnd();
  if (open.length === 0 || qualified !== name) {
    throw new XmlError(`</${name}> closes <${qualified}>`);
  }
  addChild(open[open.length - 1] as OpenNode, closed);
  return end;
}

function isClosing(source: string, at: number): boolean {
  return source.charCodeAt(at) === CLOSING;
}

function addChild(parent: OpenNode, child: XmlNode): void {
  if (parent.children === NO_CHILDREN) parent.children = [child];
  else parent.children.push(child);
}

function openTag(source: string, mark: number, open: OpenNode[]): number {
  const near = behind(source, ">", mark);
  const plain = NAMES.get(contentOf(source, mark, near));
  const end = plain === undefined ? tagEnd(source, mark) : near;
  const isEmpty = source.charCodeAt(end - 2) === SLASH;
  const node = plain === undefined ? readTag(source, mark, end) : newNode(plain, NO_ATTRIBUTES);
  if (isEmpty) addChild(open[open.length - 1] as OpenNode, node);
  else if (open.push(node) > DEPTH_MAX) throw new XmlError("the elements nest too deep");
  return end;
}

/** What stands in the tag that ends at `end`, without its slash and one blank before that. */
function contentOf(source: string, mark: number, end: number): string {
  let last = end - 1;
  if (source.charCodeAt(last - 1) === SLASH) last -= 1;
  if (source.charCodeAt(last - 1) === BLANK) last -= 1;
  return source.slice(mark + 1, last);
}

function readTag(source: string, mark: number, end: number): OpenNode {
  const content = contentOf(source, mark, end);
  const blank = content.search(/\s/);
  const name = checkedName(blank === -1 ? content : content.slice(0, blank));
  return newNode(name, blank === -1 ? NO_ATTRIBUTES : readAttributes(content.slice(blank)));
}

function checkedName(qualified: string): Name {
  const known = NAMES.get(qualified);
  if (known !== undefined) return known;
  if (!NAME.test(qualified)) throw new XmlError(`<${qualified.slice(0, 40)}> is no element`);
  // A name that was cut out of an answer would keep all of that in memory.
  const own = Buffer.from(qualified, "utf8").toString("utf8");
  const name = { qualified: own, local: localName(own) };
  if (NAMES.size < NAMES_MAX) NAMES.set(own, name);
  return name;
}

/** Behind the `>` of the tag at `mark`, skipping those inside quoted attributes. */
function tagEnd(source: string, mark: number): number {
  const end = behind(source, ">", mark);
  if (!source.slice(mark, end).includes("=")) return end;
  const tag = /<[^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*>/y;
  tag.lastIndex = mark;
  if (!tag.test(source)) throw new XmlError("a tag has broken attributes");
  return tag.lastIndex;
}

function readAttributes(content: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  const rest = content.replace(
    /\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
    (_all, name: string, double: string | undefined, single: string | undefined) => {
      found[localName(name)] = decode(double ?? single ?? "");
      return "";
    },
  );
  if (rest.trim() !== "") throw new XmlError("a tag has broken attributes");
  return found;
}

function addText(node: OpenNode, raw: string, isOutside: boolean): void {
  if (isOutside) {
    if (raw.trim() !== "") throw new XmlError("there is text outside of the root");
    return;
  }
  node.text += decode(raw);
}

function decode(raw: string): string {
  const text = raw.includes("\r") ? raw.replace(/\r\n?/g, "\n") : raw;
  if (!text.includes("&")) return text;
  return text.replace(/&([^;&\s]{0,10};)?/g, (_all, reference: string | undefined) => {
    const name = reference?.slice(0, -1) ?? "";
    const decoded = name.startsWith("#") ? fromCode(name) : ENTITIES[name];
    if (decoded === undefined) throw new XmlError(`&${name} is no reference`);
    return decoded;
  });
}

function fromCode(reference: string): string | undefined {
  const isHex = reference.startsWith("#x");
  const digits = reference.slice(isHex ? 2 : 1);
  if (!(isHex ? /^[0-9a-fA-F]+$/ : /^[0-9]+$/).test(digits)) return undefined;
  const code = Number.parseInt(digits, isHex ? 16 : 10);
  // .NET writes references to characters that XML forbids, such as &#x0; they carry nothing.
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "";
  return String.fromCodePoint(code).replace(OUTSIDE_XML, "");
}

function newNode({ local, qualified }: Name, attributes: OpenNode["attributes"]): OpenNode {
  return { name: local, qualified, attributes, children: NO_CHILDREN, text: "" };
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(":") + 1);
}

function behind(source: string, text: string, from: number): number {
  const found = source.indexOf(text, from);
  if (found === -1) throw new XmlError(`"${text}" is missing`);
  return found + text.length;
}
