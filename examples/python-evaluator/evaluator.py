"""An evaluator written with macp-sdk-python. MACP_BOOTSTRAP_FILE names its bootstrap, whoever starts it."""

import json
import os

from macp_sdk.agent import from_bootstrap

with open(os.environ["MACP_BOOTSTRAP_FILE"], encoding="utf-8") as file:
    inputs = json.load(file)["metadata"].get("session_context", {})

agent = from_bootstrap()
recommendation = None
voted = False


def evaluate(message, ctx):
    """One rule: a large amount is looked at again."""
    global recommendation
    amount = inputs.get("transactionAmount", 0)
    recommendation = "REVIEW" if amount > 5000 else "APPROVE"
    ctx.actions.evaluate(message.proposal_id, recommendation, confidence=0.8, reason=f"an amount of {amount:g}")


def vote(message, ctx):
    """Votes once somebody else has, so that every evaluation is in. One vote per proposal."""
    global voted
    if voted or message.sender == ctx.participant:
        return
    voted = True
    ctx.actions.vote(message.proposal_id, "APPROVE", reason=f"{recommendation}, nothing against it")


agent.on("Proposal", evaluate).on("Vote", vote)
agent.on_terminal(lambda result: print(f"ended {result.state}", flush=True))
agent.run()
