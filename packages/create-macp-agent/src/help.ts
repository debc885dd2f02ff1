import { TEMPLATES } from './templates.js';

/** The help page; at most 80 columns. */
export function helpText(version: string): string {
  const templates = TEMPLATES.map(({ id, hint }) => `  ${id.padEnd(10)} ${hint}`).join('\n');
  return `create-macp-agent ${version}: a MACP agent project that runs at once, without keys.

Usage
  npm create macp-agent@latest [folder] -- [options]
  npx create-macp-agent add [agent] [folder]
  npx create-macp-agent upgrade [folder]

Commands
  add <agent>            one more agent for a project: source, participant,
                         script and, where it keeps tokens, a token
  add                    the agents of a template for any other package
  upgrade                show what changed in the template since this project
                         was made, and apply what you have not changed; with
                         --plan only show (also: --upgrade)

Options
  -t, --template <id>    framework to start from (asked, else node)
  -r, --role <role>      both, initiator or evaluator (default both); with one
                         role, scripted peers in peers/ play the other
  -n, --name <name>      package name (default: the folder's name)
      --pm <manager>     npm, pnpm, yarn or bun (default: the one in use)
      --install          install dependencies (asked, else no)
      --no-install       do not ask, do not install
      --no-git           no git repository and first commit
      --vendor <folder>  take our packages from macp-agent-*.tgz in a folder
  -y, --yes              ask nothing, take the defaults
      --force            write over files that are in the way, keep all others
      --plan, --dry-run  list files and commands, do nothing
      --json             one JSON object on stdout, for scripts
      --list-templates   list the templates
  -h, --help             this page
  -v, --version          the version

Templates
${templates}

Examples
  npm create macp-agent@latest my-agent -- --template langgraph
  pnpm create macp-agent my-agent --template node --role evaluator
  yarn create macp-agent my-agent --template langchain --install
  bun create macp-agent my-agent --yes
  npx create-macp-agent add audit-agent

Exit codes
  0 done   1 failed   2 wrong usage   130 cancelled

Environment
  npm_config_user_agent  says which package manager runs this
  NO_COLOR, CI           no colour; with CI also no questions
`;
}
