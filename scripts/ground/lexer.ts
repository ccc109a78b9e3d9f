/** What a token is. Blanks and line ends are left out; comments are kept. */
export type TokenKind = "comment" | "string" | "template" | "regexp" | "number" | "word" | "mark";

/** One token of a TypeScript file. */
export type Token = Readonly<{
  kind: TokenKind;
  /** As it stands in the file; of a template, the text between two substitutions. */
  text: string;
  /** First line, counted from 1. */
  line: number;
}>;

/** Words after which a slash begins a regular expression and no division. */
const WORDS_BEFORE_REGEXP = new Set(
  "return typeof instanceof in of new delete void throw case do else yield await".split(" "),
);
const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\d[\w.]*/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const TEMPLATE_PART = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const LONG_MARK = /=>|\+\+|--|\.\.\.|\?\./y;

/**
 * Splits TypeScript into tokens, so that a check never mistakes a comment or a text for code.
 *
 * TypeScript 7 offers no program interface for its syntax tree, and a check of imports and names
 * needs no tree. Whether a slash divides or begins a regular expression is told from the token
 * before it, which is right for code that Biome has formatted.
 */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  private readonly source: string;
  private readonly tokens: Token[] = [];
  /** For each template that is open: how many braces are open inside its substitution. */
  private readonly substitutions: number[] = [];
  private at = 0;
  private line = 1;

  constructor(source: string) {
    this.source = source;
  }

  run(): Token[] {
    if (this.source.startsWith("#!")) this.at = Math.max(0, this.source.indexOf("\n"));
    while (this.at < this.source.length) this.next();
    return this.tokens;
  }

  private next(): void {
    const char = this.source[this.at] ?? "";
    if (/\s/.test(char)) this.skip(char);
    else if (char === "`") this.template();
    else if (char === "}" && this.substitutions.at(-1) === 0) this.closeSubstitution();
    else if (!this.takeToken(char)) {
      this.countBrace(char);
      this.push("mark", char);
    }
  }

  private takeToken(char: string): boolean {
    return (
      this.take(COMMENT, "comment") ||
      this.take(STRING, "string") ||
      (char === "/" && this.mayBeginRegexp() && this.take(REGEXP, "regexp")) ||
      this.take(NUMBER, "number") ||
      this.take(WORD, "word") ||
      this.take(LONG_MARK, "mark")
    );
  }

  private take(pattern: RegExp, kind: TokenKind): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0];
    if (found === undefined || found === "") return false;
    this.push(kind, found);
    return true;
  }

  private push(kind: TokenKind, text: string): void {
    this.tokens.push({ kind, text, line: this.line });
    this.skip(text);
  }

  private skip(text: string): void {
    this.at += text.length;
    for (const char of text) if (char === "\n") this.line += 1;
  }

  private template(): void {
    this.skip("`");
    this.templatePart();
  }

  private closeSubstitution(): void {
    this.substitutions.pop();
    this.skip("}");
    this.templatePart();
  }

  private templatePart(): void {
    TEMPLATE_PART.lastIndex = this.at;
    this.push("template", TEMPLATE_PART.exec(this.source)?.[0] ?? "");
    if (this.source.startsWith("${", this.at)) {
      this.skip("${");
      this.substitutions.push(0);
    } else {
      this.skip("`");
    }
  }

  private countBrace(char: string): void {
    const open = this.substitutions.at(-1);
    if (open === undefined || (char !== "{" && char !== "}")) return;
    this.substitutions[this.substitutions.length - 1] = open + (char === "{" ? 1 : -1);
  }

  private mayBeginRegexp(): boolean {
    const before = this.tokens.findLast((token) => token.kind !== "comment");
    if (before === undefined) return true;
    if (before.kind === "word") return WORDS_BEFORE_REGEXP.has(before.text);
    if (before.kind !== "mark") return false;
    return ![")", "]", "++", "--"].includes(before.text);
  }
}
