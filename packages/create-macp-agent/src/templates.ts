import { readFileSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { projectName } from './rename.js';

export interface Template {
  readonly id: string;
  readonly title: string;
  /** One line for lists and the prompt. */
  readonly hint: string;
}

/** Frameworks one can start from; the first is what Enter accepts. */
export const TEMPLATES: readonly Template[] = [
  { id: 'node', title: 'Node', hint: 'plain TypeScript rules, fewest dependencies' },
  { id: 'langgraph', title: 'LangGraph', hint: 'each assessment is a LangGraph graph' },
  { id: 'langchain', title: 'LangChain', hint: 'a LangChain agent with tools answers' },
];

/** What an agent may be in a session. With one role, scripted peers play the other. */
export const ROLES = ['both', 'initiator', 'evaluator'] as const;
export type Role = (typeof ROLES)[number];

export function isRole(value: string): value is Role {
  return (ROLES as readonly string[]).includes(value);
}

export function findTemplate(id: string): Template | undefined {
  return TEMPLATES.find((template) => template.id === id);
}

/** A file of a template or a project: its path with "/" and its content. */
export interface ProjectFile {
  readonly path: string;
  readonly content: Buffer;
}

/** The files of a folder under the names they get in a project, sorted, so that equal answers give equal projects. */
export function readTemplateFiles(folder: string): ProjectFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(folder.length).split(sep).filter(Boolean).join('/');
      return { path: projectName(path), content: readFileSync(file) };
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
