import { commitAfterVotes, fromBootstrap } from '@macp-agent/core';

// A scripted initiator, so that `npm start` shows a whole decision: it opens the session, proposes what scenario.yaml says, waits for
// the votes and commits what they carry. When the real initiator joins over a shared runtime, this folder and its entry in
// scenario.yaml can go.

/** More than this goes to a person: the session is cancelled. */
const AMOUNT_FOR_A_PERSON = 50_000;

await fromBootstrap()
  .use(
    commitAfterVotes({
      decide({ votes, objections }, { inputs }) {
        if (Number(inputs['transactionAmount']) > AMOUNT_FOR_A_PERSON) return { cancel: `amounts over ${AMOUNT_FOR_A_PERSON} are for a person to decide` };
        const count = (wanted: string): number => votes.filter(({ vote }) => vote === wanted).length;
        const [approve, reject] = [count('APPROVE'), count('REJECT')];
        const vetoed = objections.some(({ severity }) => severity === 'critical');
        const reason = `${approve} approve, ${reject} reject, ${objections.length} objection(s)`;
        const authorityScope = 'transaction_review';
        if (approve + reject === 0) return { cancel: 'nobody voted' };
        if (vetoed || reject > approve) return { action: 'decline', outcomePositive: false, reason, authorityScope };
        return { action: objections.length > 0 ? 'step_up' : 'approve', outcomePositive: true, reason, authorityScope };
      },
    }),
  )
  .run();
