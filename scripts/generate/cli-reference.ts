import type { Command } from "commander";
import { createCli } from "../../src/cli/cli.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { choosePaint } from "../../src/cli/terminal.ts";
import type { Generator } from "./generated.ts";

const INTRO = `# Commands

Generated from the commands' own help by \`npm run generate\`; a check refuses a stale copy.

In a checkout \`npm run slipway -- <command>\` runs a command, and so does
\`npx slipway <command>\`. Every command says what it does with \`--help\`.

Exit codes are 0 for fine, 1 for a problem that was found or refused, and 2 for wrong usage, no hub
or no port. Results go to standard output, everything else to standard error. With \`--json\` a
failure is one JSON object there, the last line, and standard output stays empty:

\`\`\`text
{"code":"api.not_found","message":"There is no run 7","cure":"Check the id.","request":"req-1"}
\`\`\`

\`cure\` and \`request\` are null where there is none; \`field\` and \`example\` stand beside them
where a value was refused. \`--pair\` takes a pair of the settings, or one that was taken out of
them and has left rows; any other is refused.
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
