import { expect, it } from 'vitest';
import { modelLine } from './model-line.js';

it('says which model a run uses, and nothing when its agents use none', () => {
  expect(modelLine(['custom'], {})).toBeUndefined();
  expect(modelLine(['custom', 'langgraph'], {})).toBe('model: rules, no key needed; set MACP_MODEL=openai:… to use a real one');
  expect(modelLine(['langchain'], { MACP_MODEL: 'openai:gpt-5-mini', MACP_MODEL_BASE_URL: 'http://127.0.0.1:1/v1' })).toBe(
    'model: openai:gpt-5-mini at http://127.0.0.1:1/v1',
  );
});
