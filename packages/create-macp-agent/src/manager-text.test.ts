import { describe, expect, it } from 'vitest';
import { forManager } from './manager-text.js';

describe('forManager', () => {
  it('leaves npm text alone', () => {
    expect(forManager('npm run build && npm ci', 'README.md', 'npm')).toBe('npm run build && npm ci');
  });

  it.each([
    ['npm install && npm start', 'pnpm install && pnpm start', 'yarn install && yarn start', 'bun install && bun run start'],
    ['npm test', 'pnpm test', 'yarn test', 'bun run test'],
    ['npm run --silent build', 'pnpm run --silent build', 'yarn run --silent build', 'bun run --silent build'],
    ['npm start -- --template veto', 'pnpm start --template veto', 'yarn start --template veto', 'bun run start --template veto'],
    ['npm run replay -- runs/x', 'pnpm run replay runs/x', 'yarn run replay runs/x', 'bun run replay runs/x'],
    ['npm install @langchain/anthropic', 'pnpm add @langchain/anthropic', 'yarn add @langchain/anthropic', 'bun add @langchain/anthropic'],
    ['`npm install ${name}`', '`pnpm add ${name}`', '`yarn add ${name}`', '`bun add ${name}`'],
    ['npx macp doctor', 'pnpm exec macp doctor', 'yarn macp doctor', 'bunx macp doctor'],
    ['commit package-lock.json', 'commit pnpm-lock.yaml', 'commit yarn.lock', 'commit bun.lock'],
  ])('turns "%s" into the same for the others', (npm, pnpm, yarn, bun) => {
    expect(['pnpm', 'yarn', 'bun'].map((manager) => forManager(npm, 'README.md', manager as 'pnpm'))).toEqual([pnpm, yarn, bun]);
  });

  it('needs nothing but npm in an image', () => {
    const dockerfile = 'COPY package.json package-lock.json ./\nRUN npm ci\nRUN npm run build\nRUN npm ci --omit=dev\n';
    expect(forManager(dockerfile, 'Dockerfile', 'pnpm')).toBe(
      'COPY package.json pnpm-*.yaml ./\nRUN npx -y pnpm@10 install --frozen-lockfile\nRUN npx -y pnpm@10 run build\nRUN npx -y pnpm@10 install --frozen-lockfile --prod\n',
    );
    expect(forManager('COPY package*.json ./\nRUN npm ci --omit=dev', 'Dockerfile', 'bun')).toBe(
      'COPY package.json bun.lock* ./\nRUN rm -rf node_modules && npx -y bun@1.2 install --frozen-lockfile --production',
    );
  });

  it('drops the npm cache from the workflow', () => {
    const workflow = '        with:\n          node-version: 20\n          cache: npm\n      - run: npm ci\n';
    expect(forManager(workflow, '.github/workflows/ci.yml', 'pnpm')).toBe(
      '        with:\n          node-version: 20\n      - run: npx -y pnpm@10 install --frozen-lockfile\n',
    );
  });
});
