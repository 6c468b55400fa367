"""Speaks with a running service through the package openai-agents: runs, streams, usage, history, errors,
timeouts, retries.

usage: client_agents.py PORT
"""

import asyncio
import sys

import openai
import unsteady
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, set_tracing_disabled

set_tracing_disabled(True)
client = openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0)


def agent(client=client, **more):
    return Agent(
        name="Assistant",
        instructions="You are a helpful assistant.",
        model=OpenAIChatCompletionsModel(model="some-model", openai_client=client),
        model_settings=ModelSettings(max_tokens=24, temperature=0, **more),
    )


async def main():
    first = await Runner.run(agent(), "What is the capital of France?")
    assert "Paris" in first.final_output, first.final_output
    assert first.raw_responses[0].usage.output_tokens > 0
    stream = Runner.run_streamed(agent(), "What is the capital of France?")
    parts = []
    async for event in stream.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            parts.append(event.data.delta)
    assert "".join(parts) == first.final_output
    history = first.to_input_list() + [{"role": "user", "content": "And of Italy?"}]
    assert (await Runner.run(agent(), history)).final_output
    try:
        await Runner.run(agent(top_p=7), "x")
        raise AssertionError("no error")
    except openai.BadRequestError as failure:
        assert failure.param == "top_p", failure
    silent = client.with_options(base_url=f"http://127.0.0.1:{unsteady.silent()}/v1", timeout=0.5)
    try:
        await Runner.run(agent(silent), "x")
        raise AssertionError("no timeout")
    except openai.APITimeoutError:
        pass
    shaky = client.with_options(base_url=f"http://127.0.0.1:{unsteady.shaky(sys.argv[1])}/v1", max_retries=1)
    again = await Runner.run(agent(shaky), "What is the capital of France?")
    assert again.final_output == first.final_output
    print("all as it should be")


asyncio.run(main())
