import { expect, it } from "vitest";
import { findDeadLinks, mentionedCommands, mentionedScripts } from "./links.ts";

const pages = new Map([["docs/operating.md", "# Operating\n\n## Hub & SL: gone\n"]]);
const exists = (path: string) => pages.has(path) || path === "LICENSE";
const dead = (text: string) => findDeadLinks({ path: "docs/a.md", text }, pages, exists);

it.each([
  "[a](operating.md)",
  "[a](operating.md#hub--sl-gone)",
  "[a](../LICENSE)",
  "[a](https://example.com/x)",
])("the link %s is alive", (link) => {
  expect(dead(link)).toEqual([]);
});

it("a link to a missing file is reported", () => {
  expect(dead("[a](gone.md)")).toEqual(["docs/a.md links to gone.md, which does not exist"]);
});

it("a link to a missing heading is reported", () => {
  expect(dead("[a](operating.md#other)")).toEqual([
    "docs/a.md links to operating.md#other, a heading that does not exist",
  ]);
});

it("commands are found in every way they are written", () => {
  const text =
    "`slipway trace`, run\nslipway parked list or npm run slipway -- doctor; npx slipway pair";

  expect(mentionedCommands(text)).toEqual(["trace", "parked", "doctor", "pair"]);
});

it("npm's own commands and prose about npm are no scripts", () => {
  const text = "npm ci && npm start, npm run check, npm test; npm puts it first";

  expect(mentionedScripts(text)).toEqual(["start", "check", "test"]);
});
