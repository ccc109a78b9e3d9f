import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fits, fitText, noteText, shortStripeId } from "./text.ts";

describe("fitText", () => {
  test.each([
    ["Café Zürich", "Café Zürich"],
    ["Łódź, Kraków", "Lódz, Kraków"],
    ["“Smith” — O’Neil…", '"Smith" - O\'Neil...'],
    ["Жуков Юрий", "Zhukov Yuriy"],
    ["Αθήνα", "Athina"],
    ["Last~First", "Last-First"],
    ["€ 5", "EUR 5"],
    ["Office\ud83d\udcce supplies 👨‍👩‍👧", "Office? supplies ?"],
    ["日本", "??"],
    ["ＡＢＣ１２", "ABC12"],
    ["a\u0000b\u0007c\u200bd\u00ade", "abcde"],
    ["  two \t\r\n lines\u00a0here ", "two lines here"],
    ["ﬁnal ½ ²", "final ½ ²"],
    ["\ud800x", "x"],
    ["", ""],
  ])("%j becomes %j", (full, expected) => {
    expect(fitText(full, 60).text).toBe(expected);
  });

  test("cuts at the width and leaves no blank before the cut", () => {
    expect(fitText("abc def ghi", 8)).toEqual({ text: "abc def", isCut: true, isAltered: false });
  });

  test("says when a character was replaced", () => {
    expect(fitText("Łódź", 30)).toEqual({ text: "Lódz", isCut: false, isAltered: true });
  });

  test("every text fits, is Latin-1, holds no tilde and stays as it is when fitted again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), fc.nat(60), (full, width) => {
        const { text } = fitText(full, width);

        expect(text.length).toBeLessThanOrEqual(width);
        expect(text).toMatch(/^[\u0020-\u007d\u00a1-\u00ff]*$/);
        expect(text).toBe(text.trim());
        expect(fitText(text, width).text).toBe(text);
        expect(fits(full, width)).toBe(text === full);
      }),
    );
  });

  test("every grapheme text fits as well", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (full) => {
        expect(fitText(full, 30).text).toMatch(/^[\u0020-\u007d\u00a1-\u00ff]{0,30}$/);
      }),
    );
  });
});

describe("shortStripeId", () => {
  test("leaves an id that fits alone", () => {
    expect(shortStripeId("pi_3PqR7sLkdIwHu7ix1a2b3c4d")).toBe("pi_3PqR7sLkdIwHu7ix1a2b3c4d");
  });

  test("gives a long id 30 characters that differ from those of another long id", () => {
    const long = `cs_live_${"a1B2".repeat(14)}`;

    expect(shortStripeId(long)).toMatch(/^cs_live_.{11}\.[A-Z2-7]{10}$/);
    expect(shortStripeId(`${long}x`)).not.toBe(shortStripeId(long));
  });
});

test("a note keeps every visible character", () => {
  expect(noteText("日本\u0000 👨‍👩‍👧\n~")).toBe("日本 👨‍👩‍👧 ~");
});
