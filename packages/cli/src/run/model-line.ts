/** Frameworks whose agents ask a model. */
const MODEL_FRAMEWORKS = new Set(['langgraph', 'langchain', 'crewai']);

/** The first line of a run: which model its agents use. Undefined when none of them uses one. */
export function modelLine(frameworks: Iterable<string>, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (![...frameworks].some((framework) => MODEL_FRAMEWORKS.has(framework))) return undefined;
  const model = env['MACP_MODEL'] ?? '';
  if (model === '') return 'model: rules, no key needed; set MACP_MODEL=openai:… to use a real one';
  const endpoint = env['MACP_MODEL_BASE_URL'] ?? '';
  return `model: ${model}${endpoint === '' ? '' : ` at ${endpoint}`}`;
}
