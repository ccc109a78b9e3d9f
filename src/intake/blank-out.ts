/** A member that only payment instruments have: its object is one. */
const MARKERS = new Set(["exp_month", "exp_year", "fingerprint", "iin"]);
/** Members that hold a card, whatever is in it. */
const CARDS = new Set(["card", "card_present", "interac_present"]);
/** What may stay of a payment instrument. */
const KEPT = new Set(["brand", "last4", "id", "object"]);
/** Members whose text lets whoever has it pay, or read, in the merchant's name. */
const SECRETS = new Set(["client_secret", "secret"]);
/** The merchant's own words, whose names mean nothing to us. */
const METADATA = "metadata";

const TELLING = [...MARKERS, ...CARDS, ...SECRETS, METADATA];
/** Most names can be told from these by length and first letter, without reading them. */
const TELLING_SHAPES = new Set(TELLING.map((name) => shape(name.length, name.charCodeAt(0))));

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const STAR = 0x2a;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const SPACE = 0x20;
const NULL = Buffer.from("null");

/**
 * The body of an event without secrets, and without card data but a card's brand and last four
 * digits: the body itself where there is none of either.
 *
 * All other values of an object that is a card, or a bank account, are made blank in place, byte by
 * byte: texts become stars, numbers 0, the rest null. Every other byte stays as Stripe sent it, so
 * no number and no letter is written anew.
 *
 * @param body what has been read as JSON already
 */
export function blankOut(body: Buffer): Buffer {
  const ranges = toBlank(body);
  if (ranges.length === 0) return body;
  const blanked = Buffer.from(body);
  for (const { start, end, isText } of ranges) {
    if (isText) blanked.fill(STAR, start, end);
    else blankObject(blanked, start, end);
  }
  return blanked;
}

type Range = Readonly<{ start: number; end: number; isText: boolean }>;

type Frame = {
  readonly start: number;
  isCard: boolean;
  readonly isMetadata: boolean;
  /** The name of the member that is being read; in a list, the list's own. */
  key: string;
};

/** Where payment instruments stand, and the texts of secrets; one pass over the bytes. */
function toBlank(body: Buffer): Range[] {
  const ranges: Range[] = [];
  const frames: Frame[] = [];
  let frame: Frame = { start: 0, isCard: false, isMetadata: false, key: "" };
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === QUOTE) {
      const start = at + 1;
      at = textEnd(body, start);
      if (isName(body, at + 1)) noteName(frame, body, start, at);
      else if (isSecret(frame)) ranges.push({ start, end: at, isText: true });
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      frames.push(frame);
      const isObject = byte === OPEN_OBJECT;
      const { key, isMetadata } = frame;
      frame = {
        start: at,
        isCard: isObject && CARDS.has(key),
        isMetadata: isMetadata || key === METADATA,
        key: isObject ? "" : key,
      };
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (frame.isCard && !frame.isMetadata) {
        ranges.push({ start: frame.start, end: at, isText: false });
      }
      frame = frames.pop() ?? frame;
    }
  }
  return ranges;
}

function isSecret({ key, isMetadata }: Frame): boolean {
  return key !== "" && !isMetadata && SECRETS.has(key);
}

function noteName(frame: Frame, body: Buffer, start: number, end: number): void {
  const isTelling = TELLING_SHAPES.has(shape(end - start, body[start] ?? 0));
  frame.key = isTelling ? body.toString("latin1", start, end) : "";
  if (isTelling && MARKERS.has(frame.key)) frame.isCard = true;
}

function shape(length: number, first: number): number {
  return length * 256 + first;
}

/** The closing quote of the text that begins at `start`. */
function textEnd(body: Buffer, start: number): number {
  let end = start;
  while (end < body.length && body[end] !== QUOTE) end += body[end] === BACKSLASH ? 2 : 1;
  return end;
}

/** Whether the text before `at` is a member's name: a colon follows. */
function isName(body: Buffer, at: number): boolean {
  let next = at;
  while ((body[next] ?? COLON) <= SPACE) next += 1;
  return body[next] === COLON;
}

/** Blanks every value between the braces of an object, of objects in it too, but what may stay. */
function blankObject(body: Buffer, start: number, end: number): void {
  let depth = 0;
  let mayStay = false;
  for (let at = start; at < end; at += 1) {
    const byte = body[at] ?? 0;
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1;
    else if (byte === QUOTE) {
      const from = at + 1;
      at = textEnd(body, from);
      if (isName(body, at + 1))
        mayStay = depth === 1 && KEPT.has(body.toString("latin1", from, at));
      else if (!mayStay || depth > 1) body.fill(STAR, from, at);
    } else if (byte > SPACE && byte !== COMMA && byte !== COLON) {
      const from = at;
      while (isOfWord(body[at + 1] ?? 0)) at += 1;
      if (!mayStay || depth > 1) blankWord(body, from, at + 1);
    }
  }
}

function isOfWord(byte: number): boolean {
  return byte > SPACE && byte !== COMMA && byte !== CLOSE_OBJECT && byte !== CLOSE_LIST;
}

/** A number becomes 0; true, false and null become null. Both leave room for blanks behind. */
function blankWord(body: Buffer, start: number, end: number): void {
  const first = body[start] ?? 0;
  const isNumber = first === MINUS || (first >= ZERO && first <= NINE);
  body.fill(SPACE, start, end);
  if (isNumber) body[start] = ZERO;
  else NULL.copy(body, start);
}
