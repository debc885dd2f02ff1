import { expect, it } from 'vitest';
import { EnvelopeBuffer } from './envelope-buffer.js';
import { EnvelopeReader } from './envelope-reader.js';

function reading(isForReader: (item: string) => boolean = () => true) {
  const buffer = new EnvelopeBuffer<string>(8, () => undefined);
  const closed: string[] = [];
  const reader = new EnvelopeReader(buffer, isForReader, () => {
    closed.push('closed');
    buffer.discard();
  });
  return { buffer, reader, closed };
}

it('answers reads that overlap in their order', async () => {
  const { buffer, reader } = reading();
  const reads = [reader.next(), reader.next(), reader.next()];
  for (const item of ['a', 'b']) buffer.push(item);
  buffer.end();
  expect(await Promise.all(reads)).toEqual([
    { done: false, value: 'a' },
    { done: false, value: 'b' },
    { done: true, value: undefined },
  ]);
});

it('passes over what is not for the reader', async () => {
  const { buffer, reader } = reading((item) => item !== 'record');
  const read = reader.next();
  for (const item of ['record', 'a', 'record', 'b']) buffer.push(item);
  expect([await read, await reader.next()]).toEqual([
    { done: false, value: 'a' },
    { done: false, value: 'b' },
  ]);
});

it('hands over what is buffered before a failure, fails once, and is over then', async () => {
  const { buffer, reader, closed } = reading();
  buffer.push('a');
  buffer.end(new Error('cut off'));
  expect(await reader.next()).toEqual({ done: false, value: 'a' });
  await expect(reader.next()).rejects.toThrow('cut off');
  expect(await reader.next()).toEqual({ done: true, value: undefined });
  expect(closed).toEqual(['closed']);
});

it('ends a read that waits when the reader leaves', async () => {
  const { buffer, reader, closed } = reading();
  const waiting = reader.next();
  expect(await reader.return()).toEqual({ done: true, value: undefined });
  expect(await waiting).toEqual({ done: true, value: undefined });
  buffer.push('late');
  expect(await reader.next()).toEqual({ done: true, value: undefined });
  expect(closed).toEqual(['closed']);
});

it('fails a read when handing over fails, and leaves', async () => {
  const { buffer, reader, closed } = reading(() => {
    throw new Error('the view is broken');
  });
  buffer.push('a');
  await expect(reader.next()).rejects.toThrow('the view is broken');
  expect(closed).toEqual(['closed']);
});
