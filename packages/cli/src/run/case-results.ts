import { createHash } from 'node:crypto';
import { MacpError } from '@macp-agent/protocol';
import { BatchStatistics, readSummaryInput, ResultsFile, type BatchSummary, type JsonObject } from '@macp-agent/scenarios';
import type { Case } from './load-cases.js';

/** What makes a case the same case when a batch goes on: everything that its line says. */
export function caseKey(
  { name, scenario, template, inputs, expect, label }: Case,
  defaults: { readonly scenarioRef: string; readonly template: string | undefined },
): string {
  const facts = [name, scenario ?? defaults.scenarioRef, template ?? defaults.template ?? 'default', inputs ?? {}, expect ?? {}, label ?? null];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

/** The results of a batch: appended to a file where there is one, and summed up with those that are in it already. */
export class CaseResults implements Disposable {
  /** Numbers (from 1) of the cases that were done before. */
  readonly done = new Set<number>();
  readonly #statistics = new BatchStatistics();
  readonly #file: ResultsFile | undefined;

  /** Throws INVALID_OPTIONS when the file cannot be used, or holds results of other cases. */
  constructor(path: string | undefined, keys: readonly string[]) {
    if (path === undefined) return;
    this.#file = new ResultsFile(path, (line, number) => this.#known(line, `${path}:${number}`, keys));
  }

  add(line: JsonObject): void {
    this.#file?.append(line);
    this.#sum(line);
  }

  summary(): BatchSummary {
    return this.#statistics.summary();
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }

  #known(line: JsonObject, where: string, keys: readonly string[]): void {
    const { case: number, key } = line;
    if (typeof number !== 'number' || keys[number - 1] !== key) {
      const what =
        typeof number === 'number' && typeof key === 'string'
          ? `is the result of another case than number ${number} of the cases file is now`
          : 'is no result of a case';
      throw new MacpError('INVALID_OPTIONS', `${where} ${what}; give another file with --output, or remove this one`, { context: { path: where } });
    }
    // The first result counts.
    if (this.done.has(number)) return;
    this.done.add(number);
    this.#sum(line);
  }

  #sum(line: JsonObject): void {
    const input = readSummaryInput(line);
    if (input !== undefined) this.#statistics.add(input);
  }
}
