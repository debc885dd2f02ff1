export { startFakeOpenAi, type FakeOpenAi, type FakeReply, type FakeRequest } from './fake-openai.js';
