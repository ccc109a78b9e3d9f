import type { Command } from "commander";
import { createCli } from "../../src/cli/cli.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { choosePaint } from "../../src/cli/terminal.ts";
import type { Generator } from "./generated.ts";

const INTRO = `# Commands

Generated from the commands' own help by \`npm run generate\`; a check refuses a stale copy.

In a checkout \`npm run slipway -- <command>\` runs a command, and so does
\`npx slipway <command>\`. Every command says what it does with \`--help\`.
`;

/** `docs/cli.md`: the help of every command, as the terminal shows it. */
export const generateCliReference: Generator = async () => {
  const written: string[] = [];
  const plain = choosePaint(false, {});
  const terminal = {
    write: (text: string) => void written.push(text),
    warn: (text: string) => void written.push(text),
    paint: plain,
    warnPaint: plain,
  };
  const program = await buildProgram(createCli(terminal, {}));
  const sections = program.commands.flatMap((command) =>
    leavesOf(command).map((leaf) => {
      written.length = 0;
      leaf.outputHelp();
      return `## ${nameOf(leaf)}\n\n\`\`\`text\n${written.join("\n").trimEnd()}\n\`\`\`\n`;
    }),
  );
  return { path: "docs/cli.md", text: `${INTRO}\n${sections.join("\n")}` };
};

/** The command itself, or the commands below one that only groups them. */
function leavesOf(command: Command): Command[] {
  return command.commands.length === 0
    ? [command]
    : command.commands.flatMap((child) => leavesOf(child));
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
