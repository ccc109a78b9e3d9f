import type { Command } from "commander";
import { beforeAll, expect, test } from "vitest";
import { createCli } from "./cli.ts";
import { COMMANDS } from "./commands.ts";
import { buildProgram } from "./program.ts";
import { choosePaint } from "./terminal.ts";

const lines: string[] = [];
let program: Command;

beforeAll(async () => {
  const terminal = {
    write: (text: string) => void lines.push(text),
    warn: (text: string) => void lines.push(text),
    paint: choosePaint(false, {}),
    warnPaint: choosePaint(false, {}),
  };
  program = await buildProgram(createCli(terminal, {}));
});

/** Every command with its full name, groups included. */
function allCommands(command: Command, path = ""): { name: string; command: Command }[] {
  return command.commands.flatMap((inner) => {
    const name = `${path}${inner.name()}`;
    return [{ name, command: inner }, ...allCommands(inner, `${name} `)];
  });
}

function helpOf(command: Command): string {
  lines.length = 0;
  command.outputHelp();
  return lines.join("\n");
}

test("the program has every command of the table, in its order", () => {
  expect(program.commands.map((command) => command.name())).toEqual(
    COMMANDS.map((command) => command.name),
  );
});

test("every command has a summary, a paragraph and two examples in its help", () => {
  const poor = allCommands(program).filter(({ command }) => {
    const help = helpOf(command);
    const examples = help.split("Examples:\n")[1]?.match(/^ {2}\$ .+$/gm) ?? [];
    const hasWords = command.summary().length > 10 && command.description().length > 60;
    return !hasWords || examples.length < 2;
  });

  expect(poor.map(({ name }) => name)).toEqual([]);
});

test("every example names its own command", () => {
  const foreign = allCommands(program).filter(({ name, command }) => {
    const examples = helpOf(command).split("Examples:\n")[1] ?? "";
    const isNpm = examples.includes("$ npm ");
    return !isNpm && !examples.includes(`slipway ${name}`);
  });

  expect(foreign.map(({ name }) => name)).toEqual([]);
});

const WRITING = [
  "parked resume",
  "parked dismiss",
  "pair add",
  "pair set",
  "rebuild",
  "migrate up",
];

test("every command that writes has a dry run", () => {
  const flags = allCommands(program)
    .filter(({ command }) => command.options.some((option) => option.long === "--dry-run"))
    .map(({ name }) => name);

  expect(flags).toEqual(expect.arrayContaining(WRITING));
  expect(flags).toEqual(expect.arrayContaining(["backup", "restore"]));
});

test("every command that prints has --json", () => {
  const without = allCommands(program)
    .filter(({ command }) => command.commands.length === 0)
    .filter(({ command }) => !command.options.some((option) => option.long === "--json"));

  expect(without.map(({ name }) => name)).toEqual([]);
});

test("help fits a terminal of 100 columns", () => {
  const long = allCommands(program)
    .flatMap(({ command }) => helpOf(command).split("\n"))
    .filter((line) => line.length > 100 && !line.startsWith("  $ "));

  expect(long).toEqual([]);
});
