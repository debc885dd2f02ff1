"""An evaluator written with macp-sdk-python, started as every agent is: by the bootstrap file that MACP_BOOTSTRAP_FILE names."""

from macp_sdk.agent import from_bootstrap

agent = from_bootstrap()
voted = False


def evaluate(message, ctx):
    ctx.actions.evaluate(message.proposal_id, "APPROVE", confidence=0.88, reason="evaluated in Python")


def vote(message, ctx):
    """Votes once somebody else has, so that every evaluation is in."""
    global voted
    if voted or message.sender == ctx.participant:
        return
    voted = True
    ctx.actions.vote(message.proposal_id, "APPROVE", reason="voted in Python")


agent.on("Proposal", evaluate).on("Vote", vote)
agent.on_terminal(lambda result: print(f"ended {result.state}", flush=True))
agent.run()
