"""Speaks with a running service through the package pydantic-ai: chat, stream, usage, history, errors,
timeouts, retries.

usage: client_pydantic_ai.py PORT
"""

import asyncio
import sys

import openai
import unsteady
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider



def make_agent(port, **more):
    client = openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", **more)
    model = OpenAIChatModel("some-model", provider=OpenAIProvider(openai_client=client))
    return Agent(model, system_prompt="You are a helpful assistant.")


agent = make_agent(sys.argv[1])
settings = {"max_tokens": 24, "temperature": 0}


async def main():
    first = await agent.run("What is the capital of France?", model_settings=settings)
    assert "Paris" in first.output, first.output
    usage = first.usage() if callable(first.usage) else first.usage
    assert usage.output_tokens > 0 and usage.input_tokens > 0, usage
    async with agent.run_stream("What is the capital of France?", model_settings=settings) as stream:
        parts = [part async for part in stream.stream_text(delta=True)]
    assert "".join(parts) == first.output
    again = await agent.run(
        "And of Italy?", message_history=first.all_messages(), model_settings=settings
    )
    assert again.output
    try:
        await agent.run("x", model_settings={"top_p": 7})
        raise AssertionError("no error")
    except ModelHTTPError as failure:
        assert failure.status_code == 400, failure
    try:
        await make_agent(unsteady.silent(), timeout=0.5, max_retries=0).run("x")
        raise AssertionError("no timeout")
    except ModelAPIError as failure:
        assert isinstance(failure.__cause__, openai.APITimeoutError), failure
    shaky = make_agent(unsteady.shaky(sys.argv[1]), max_retries=1)
    asked = await shaky.run("What is the capital of France?", model_settings=settings)
    assert asked.output == first.output
    print("all as it should be")


asyncio.run(main())
