/** Letters and signs with a usual plain spelling that Unicode's decomposition does not know. */
const SPELLINGS: Readonly<Record<string, string>> = {
  "~": "-",
  "‐": "-",
  "‑": "-",
  "‒": "-",
  "–": "-",
  "—": "-",
  "―": "-",
  "−": "-",
  "‘": "'",
  "’": "'",
  "‚": "'",
  "‛": "'",
  "′": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "″": '"',
  "‹": "<",
  "›": ">",
  "•": "·",
  "…": "...",
  "€": "EUR",
  "₹": "INR",
  "₽": "RUB",
  "₩": "KRW",
  "₪": "ILS",
  "₫": "VND",
  "₺": "TRY",
  Đ: "D",
  đ: "d",
  Ħ: "H",
  ħ: "h",
  ı: "i",
  ĸ: "k",
  Ł: "L",
  ł: "l",
  Ŋ: "N",
  ŋ: "n",
  Œ: "OE",
  œ: "oe",
  Ŧ: "T",
  ŧ: "t",
  Ə: "E",
  ə: "e",
  ẞ: "SS",
  ƒ: "f",
};

const CYRILLIC =
  "а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f " +
  "х:kh ц:ts ч:ch ш:sh щ:shch ъ: ы:y ь: э:e ю:yu я:ya і:i ї:i є:e ґ:g ў:u ђ:dj ј:j љ:lj њ:nj " +
  "ћ:c џ:dz";
const GREEK =
  "α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f " +
  "χ:ch ψ:ps ω:o";

const LETTERS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(SPELLINGS),
  ...[CYRILLIC, GREEK].flatMap(bothCases),
]);

/**
 * The Latin-1 spelling of one code point: itself, a spelling of several letters, nothing for an
 * invisible one, or undefined where there is none (CJK, Arabic, emoji …).
 */
function transliterateLetter(letter: string): string | undefined {
  const spelling = LETTERS.get(letter);
  if (spelling !== undefined) return spelling;
  if (/^[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{M}]$/u.test(letter)) return "";
  if (isLatin1(letter)) return letter;
  const parts = [...letter.normalize("NFKD")].filter((part) => !/^\p{M}$/u.test(part));
  if (parts.length === 1 && parts[0] === letter) return undefined;
  const spelled = parts.map((part) => LETTERS.get(part) ?? (isLatin1(part) ? part : undefined));
  return spelled.includes(undefined) ? undefined : spelled.join("");
}

function isLatin1(letter: string): boolean {
  return /^[\u0020-\u007e\u00a1-\u00ff]$/.test(letter) && letter !== "\u00ad";
}

function bothCases(table: string): [string, string][] {
  return table.split(" ").flatMap((pair): [string, string][] => {
    const [letter = "", spelling = ""] = pair.split(":");
    const upper = spelling.slice(0, 1).toUpperCase() + spelling.slice(1);
    return letter === "ς"
      ? [[letter, spelling]]
      : [
          [letter, spelling],
          [letter.toUpperCase(), upper],
        ];
  });
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A text in Latin-1: what it has no letter for is spelled plainly, else it becomes one `?`. */
export function latinText(text: string): string {
  if (/^[\x20-\x7d]*$/.test(text)) return text;
  let latin = "";
  for (const { segment } of graphemes.segment(text)) latin += latinOf(segment);
  return latin;
}

/** One visible character, which may be several code points (a family emoji is one `?`). */
function latinOf(segment: string): string {
  let latin = "";
  for (const letter of segment) {
    const known = transliterateLetter(letter);
    if (known === undefined) return latin === "" ? "?" : latin;
    latin += known;
  }
  return latin;
}
