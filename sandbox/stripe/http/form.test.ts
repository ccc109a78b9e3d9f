import fc from "fast-check";
import { expect, it } from "vitest";
import { type Form, membersOf, parseForm } from "./form.ts";

const plain = (form: Form): unknown => JSON.parse(JSON.stringify(form));

it("brackets nest objects and number lists", () => {
  const form = parseForm("a=1&b[c][d]=2&e[]=3&e[]=4&f[0][g]=5&f[1][g]=6");

  expect(plain(form)).toEqual({
    a: "1",
    b: { c: { d: "2" } },
    e: { 0: "3", 1: "4" },
    f: { 0: { g: "5" }, 1: { g: "6" } },
  });
  expect(membersOf(form.e ?? "")).toEqual(["3", "4"]);
});

it("a key that comes again opens the next member", () => {
  const form = parseForm("x[][a]=1&x[][b]=2&x[][a]=3");

  expect(plain(form)).toEqual({ x: { 0: { a: "1", b: "2" }, 1: { a: "3" } } });
});

it("escapes and plus signs are decoded", () => {
  expect(plain(parseForm("a=b+c%26d%3D&e=%C3%A9"))).toEqual({ a: "b c&d=", e: "é" });
});

it("a name of the prototype is only a name", () => {
  const form = parseForm("__proto__[polluted]=yes&constructor=x");

  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(form.constructor).toBe("x");
});

it("broken escapes and endless nesting are refused", () => {
  expect(() => parseForm("a=%zz")).toThrow();
  expect(() => parseForm(`a${"[b]".repeat(20)}=1`)).toThrow();
});

it("what URLSearchParams writes is read back", () => {
  const pairs = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string());
  fc.assert(
    fc.property(pairs, (sent) => {
      const read = parseForm(new URLSearchParams(sent).toString());
      expect(plain(read)).toEqual({ ...sent });
    }),
  );
});
