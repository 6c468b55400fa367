"""Structured output and tools through client libraries, as their documents use them.

usage: structured_output.py PORT LIBRARY
"""

import sys

from pydantic import BaseModel

BASE = f"http://127.0.0.1:{sys.argv[1]}/v1"
MODEL = "some-model"
PROMPT = "Where were the Olympic Games of 2012? Name the city and the country."


class City(BaseModel):
    city: str
    country: str


def openai():
    from openai import OpenAI, pydantic_function_tool

    chat = OpenAI(base_url=BASE, api_key="none", max_retries=0).chat.completions
    request = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 200}
    answer = chat.parse(**request, response_format=City)
    assert isinstance(answer.choices[0].message.parsed, City)
    with chat.stream(**request, response_format=City) as stream:
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, City)
    tools = {"tools": [pydantic_function_tool(City, name="note_city")], "tool_choice": "required"}
    answer = chat.parse(**request, **tools, parallel_tool_calls=False)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert isinstance(answer.choices[0].message.tool_calls[0].function.parsed_arguments, City)
    with chat.stream(**request, **tools) as stream:
        message = stream.get_final_completion().choices[0].message
    assert isinstance(message.tool_calls[0].function.parsed_arguments, City)


def pydantic_ai():
    from pydantic_ai import Agent, NativeOutput
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=BASE, api_key="none"))
    settings = {"max_tokens": 200, "temperature": 0}
    for output in (NativeOutput(City), City):
        result = Agent(model, output_type=output).run_sync(PROMPT, model_settings=settings)
        assert isinstance(result.output, City)


def instructor():
    import instructor
    from openai import OpenAI

    client = OpenAI(base_url=BASE, api_key="none", max_retries=0)
    for mode in (instructor.Mode.JSON_SCHEMA, instructor.Mode.TOOLS):
        bound = instructor.from_openai(client, mode=mode)
        city = bound.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": PROMPT}],
            response_model=City,
            max_tokens=200,
        )
        assert isinstance(city, City), mode


def langchain_openai():
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model=MODEL, base_url=BASE, api_key="none", max_tokens=200, temperature=0)
    for method in ("json_schema", "function_calling"):
        assert isinstance(model.with_structured_output(City, method=method).invoke(PROMPT), City)
    bound = model.bind_tools([City], tool_choice="required")
    assert bound.invoke(PROMPT).tool_calls[0]["name"] == "City"
    merged = None
    for chunk in bound.stream(PROMPT):
        merged = chunk if merged is None else merged + chunk
    # The schema allows further members.
    assert merged.tool_calls[0]["args"].keys() >= {"city", "country"}


def agents():
    from agents import (
        Agent,
        ModelSettings,
        OpenAIChatCompletionsModel,
        Runner,
        function_tool,
        set_tracing_disabled,
    )
    from openai import AsyncOpenAI

    set_tracing_disabled(True)
    client = AsyncOpenAI(base_url=BASE, api_key="none", max_retries=0)
    model = OpenAIChatCompletionsModel(model=MODEL, openai_client=client)
    cities = []

    @function_tool
    def weather(city: str) -> str:
        """Tells the weather of a city."""
        cities.append(city)
        return "sunny"

    settings = ModelSettings(tool_choice="required", max_tokens=200, temperature=0)
    agent = Agent(
        name="a",
        instructions="You help.",
        model=model,
        tools=[weather],
        model_settings=settings,
        # A small model may call again and again.
        tool_use_behavior="stop_on_first_tool",
    )
    result = Runner.run_sync(agent, "How is the weather in Rome?", max_turns=3)
    assert cities and result.final_output == "sunny"
    settings = ModelSettings(max_tokens=200, temperature=0)
    typed = Agent(name="b", model=model, output_type=City, model_settings=settings)
    assert isinstance(Runner.run_sync(typed, PROMPT).final_output, City)


globals()[sys.argv[2]]()
print("all as it should be")
