import { useEffect, useState } from 'preact/hooks';
import type { ScenarioSummary } from '../../src/services.js';
import { api, ApiError } from '../api.js';
import { fieldsOf, readFields, textsOf, type FormField } from '../schema-form.js';
import { ErrorPanel, Loading, TopBar } from './shell.js';

export function NewRun() {
  const [scenarios, setScenarios] = useState<readonly ScenarioSummary[]>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    api.scenarios().then(({ data }) => setScenarios(data), setError);
  }, []);
  return (
    <>
      <TopBar>
        <a class="button quiet" href="#/">
          All runs
        </a>
      </TopBar>
      <main class="page narrow">
        <h1>New run</h1>
        {error === undefined ? null : <ErrorPanel error={error} />}
        {scenarios === undefined && error === undefined ? <Loading label="Reading scenarios" /> : null}
        {scenarios?.length === 0 ? (
          <section class="panel empty">
            <h2>No scenarios found</h2>
            <p>Point the command at a packs folder, then open this page again:</p>
            <pre class="command">macp console --packs ./examples</pre>
          </section>
        ) : null}
        {scenarios !== undefined && scenarios.length > 0 ? <RunForm scenarios={scenarios} /> : null}
      </main>
    </>
  );
}

function RunForm({ scenarios }: { scenarios: readonly ScenarioSummary[] }) {
  const [ref, setRef] = useState(scenarios[0]?.scenarioRef ?? '');
  const scenario = scenarios.find((item) => item.scenarioRef === ref) ?? scenarios[0];
  if (scenario === undefined) return null;
  return (
    <>
      <label class="field">
        <span>Scenario</span>
        <select value={ref} onChange={(event) => setRef(event.currentTarget.value)}>
          {scenarios.map((item) => (
            <option key={item.scenarioRef} value={item.scenarioRef}>
              {item.name} — {item.scenarioRef}
            </option>
          ))}
        </select>
      </label>
      {scenario.summary === undefined ? null : <p class="muted">{scenario.summary}</p>}
      <InputsForm key={scenario.scenarioRef} scenario={scenario} />
    </>
  );
}

function InputsForm({ scenario }: { scenario: ScenarioSummary }) {
  const [template, setTemplate] = useState(scenario.templates[0]?.id ?? '');
  /** Only what somebody typed: everything else follows the template. */
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [json, setJson] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const fieldsWith = (id: string): FormField[] =>
    fieldsOf(scenario.inputSchema, { ...scenario.defaults, ...scenario.templates.find((item) => item.id === id)?.defaults });
  const fields = fieldsWith(template);

  const attempt = (act: () => void): void => {
    try {
      act();
      setProblem(undefined);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const inputs = (): unknown => (json === undefined ? readFields(fields, texts) : parseInputs(json));
  const toggleJson = (): void =>
    attempt(() => {
      if (json !== undefined) setTexts(textsOf(fields, parseInputs(json)));
      setJson(json === undefined ? JSON.stringify(inputs(), null, 2) : undefined);
    });
  const choose = (id: string): void =>
    attempt(() => {
      setTemplate(id);
      if (json !== undefined) setJson(JSON.stringify(readFields(fieldsWith(id), texts), null, 2));
    });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const { runId } = await api.start(scenario.scenarioRef, template === '' ? undefined : template, inputs());
      location.hash = `#/runs/${runId}`;
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  };

  return (
    <form class="panel form" onSubmit={(event) => void submit(event)}>
      {scenario.templates.length < 2 ? null : (
        <label class="field">
          <span>Template</span>
          <select value={template} onChange={(event) => choose(event.currentTarget.value)}>
            {scenario.templates.map((item) => (
              <option key={item.id} value={item.id}>
                {item.name ?? item.id}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="row spread">
        <h2>Inputs</h2>
        <button type="button" class="quiet small" onClick={toggleJson}>
          {json === undefined ? 'Edit as JSON' : 'Back to form'}
        </button>
      </div>
      {json === undefined ? (
        fields.map((field) => (
          <InputField
            key={field.name}
            field={field}
            value={texts[field.name] ?? field.initial}
            onChange={(value) => setTexts({ ...texts, [field.name]: value })}
          />
        ))
      ) : (
        <textarea class="mono" rows={12} aria-label="Inputs as JSON" value={json} onInput={(event) => setJson(event.currentTarget.value)} />
      )}
      {problem === undefined ? null : (
        <p class="banner tone-bad" role="alert">
          {problem}
        </p>
      )}
      <div class="row end">
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Starting…' : 'Start run'}
        </button>
      </div>
    </form>
  );
}

function parseInputs(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(`The inputs are not JSON: ${messageOf(error)}`, { cause: error });
  }
}

const messageOf = (error: unknown): string =>
  error instanceof ApiError ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : String(error);

function InputField({ field, value, onChange }: { field: FormField; value: string; onChange: (value: string) => void }) {
  const common = {
    id: `input-${field.name}`,
    name: field.name,
    required: field.required && field.kind !== 'boolean',
    'aria-describedby': `hint-${field.name}`,
  };
  return (
    <div class="field">
      <label for={common.id}>
        {field.label} {field.required ? <span class="muted">required</span> : null}
      </label>
      {field.kind === 'choice' || field.kind === 'boolean' ? (
        <select {...common} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {field.required ? null : <option value="">not set</option>}
          {field.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : field.kind === 'json' ? (
        <textarea {...common} class="mono" rows={3} value={value} onInput={(event) => onChange(event.currentTarget.value)} />
      ) : field.kind === 'number' ? (
        <input
          {...common}
          type="number"
          step={field.step}
          min={field.min}
          max={field.max}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <input {...common} type="text" value={value} onInput={(event) => onChange(event.currentTarget.value)} />
      )}
      <small class="muted" id={`hint-${field.name}`}>
        {field.hint}
      </small>
    </div>
  );
}
