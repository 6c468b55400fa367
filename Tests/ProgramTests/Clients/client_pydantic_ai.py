"""Speaks with a running service through the package pydantic-ai: chat, stream, usage, history, errors.

usage: client_pydantic_ai.py PORT
"""

import asyncio
import sys

from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

BASE = f"http://127.0.0.1:{sys.argv[1]}/v1"
model = OpenAIChatModel("some-model", provider=OpenAIProvider(base_url=BASE, api_key="none"))
agent = Agent(model, system_prompt="You are a helpful assistant.")
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
    print("all as it should be")


asyncio.run(main())
