import { get } from 'node:http';

/** Reads server-sent events over a connection of its own; resolves with the data of `end`, or undefined after `signal`. */
export function readEvents(url, onEvent, signal) {
  return new Promise((resolve, reject) => {
    let ended;
    const request = get(url, { agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url.pathname} was answered with ${response.statusCode}`));
      let rest = '';
      response.setEncoding('utf8').on('data', (text) => {
        const frames = (rest + text).split('\n\n');
        rest = frames.pop();
        for (const frame of frames) {
          const { event, data } = /(?:^|\n)event: (?<event>.*)\ndata: (?<data>.*)$/.exec(frame).groups;
          if (event === 'canonical_event') onEvent(JSON.parse(data));
          else if (event === 'end') ended = JSON.parse(data);
        }
      });
      response.once('close', () => (ended === undefined && !signal?.aborted ? reject(new Error(`${url.pathname} broke before its end`)) : resolve(ended)));
    });
    request.once('error', (error) => (signal?.aborted ? resolve(undefined) : reject(error)));
    signal?.addEventListener('abort', () => request.destroy(), { once: true });
  });
}
