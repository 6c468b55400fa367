"""Speaks with a running service through the package openai: responses with streams, tools and schemas, the
log-probabilities of prompts, 50 clients at once, history, errors, timeouts, retries.

usage: client_openai.py PORT
"""

import asyncio
import json
import sys

import openai
import unsteady

BASE = f"http://127.0.0.1:{sys.argv[1]}/v1"
client = openai.OpenAI(base_url=BASE, api_key="none", max_retries=0)
question = "What is the capital of France?"
system = "You are a helpful assistant."


def respond(input=question, client=client, max_output_tokens=24, **more):
    return client.responses.create(
        model="some-model", input=input, instructions=system, max_output_tokens=max_output_tokens, temperature=0, **more
    )


whole = respond()
text = whole.output_text
assert "Paris" in text and whole.status == "completed" and whole.object == "response", whole
assert whole.output[0].type == "message" and whole.output[0].role == "assistant"
assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens
assert whole.instructions == system and whole.temperature == 0 and whole.max_output_tokens == 24, whole
assert whole.tools == [] and whole.tool_choice == "auto" and whole.parallel_tool_calls is True, whole
events = list(respond(stream=True))
assert events[0].response.instructions == events[-1].response.instructions == system, events
assert events[0].type == "response.created" and events[-1].type == "response.completed", events
assert [event.sequence_number for event in events] == list(range(len(events)))
assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == text
last = events[-1].response
assert last.output_text == text and last.usage.output_tokens == whole.usage.output_tokens
assert last.usage.input_tokens_details.cached_tokens > 0
with client.responses.stream(
    model="some-model", input=question, instructions=system, max_output_tokens=24, temperature=0
) as stream:
    stream.until_done()
    assert stream.get_final_response().output_text == text
later = [{"role": "user", "content": question}] + [item.to_dict() for item in whole.output]
assert respond(later + [{"role": "user", "content": "And of Italy?"}]).output_text
cut = respond(max_output_tokens=2)
assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens", cut

schema = {
    "type": "object",
    "properties": {"room": {"enum": ["kitchen", "hall"]}, "level": {"type": "integer", "minimum": 0, "maximum": 9}},
    "required": ["room", "level"],
    "additionalProperties": False,
}
tools = [{"type": "function", "name": "set_light", "description": "Sets a light.", "parameters": schema, "strict": True}]
light = [{"role": "user", "content": "It is dark in the kitchen."}]


def dim(**more):
    return respond(light, tools=tools, tool_choice="required", parallel_tool_calls=False, max_output_tokens=200, **more)


called = dim()
call = called.output[-1]
assert call.type == "function_call" and call.name == "set_light" and call.call_id, called
assert set(json.loads(call.arguments)) == {"room", "level"}, call
assert [tool.to_dict() for tool in called.tools] == tools and called.tool_choice == "required", called
streamed = list(dim(stream=True))
assert all(event.response.tools == called.tools for event in (streamed[0], streamed[-1])), streamed
parts = [event.delta for event in streamed if event.type == "response.function_call_arguments.delta"]
assert "".join(parts) == call.arguments and streamed[-1].response.output[-1].arguments == call.arguments
result = {"type": "function_call_output", "call_id": call.call_id, "output": "done"}
after = light + [item.to_dict() for item in called.output] + [result]
assert respond(after, tools=tools, tool_choice="none").output[0].type == "message"
form = {"format": {"type": "json_schema", "name": "light", "schema": schema, "strict": True}}
assert set(json.loads(respond(light, text=form, max_output_tokens=200).output_text)) == {"room", "level"}

told = client.completions.create(
    model="some-model", prompt="The capital of France is Paris", max_tokens=0, echo=True, logprobs=2, temperature=0
).choices[0]
lists = told.logprobs
assert told.text == "The capital of France is Paris" and lists.token_logprobs[0] is None, told
assert len(lists.tokens) == len(lists.token_logprobs) == len(lists.top_logprobs) == len(lists.text_offset)
assert "".join(lists.tokens).endswith(told.text) and lists.tokens[-1] in lists.top_logprobs[-1], lists
assert told.text[lists.text_offset[-1] :] == lists.tokens[-1], lists

for more, name in (({"top_p": 7}, "top_p"), ({"previous_response_id": "resp_1"}, "previous_response_id")):
    try:
        respond(**more)
        raise AssertionError("no error")
    except openai.BadRequestError as failure:
        assert failure.param == name, failure
try:
    respond(client=client.with_options(base_url=f"http://127.0.0.1:{unsteady.silent()}/v1", timeout=0.5))
    raise AssertionError("no timeout")
except openai.APITimeoutError:
    pass
shaky = client.with_options(base_url=f"http://127.0.0.1:{unsteady.shaky(sys.argv[1])}/v1", max_retries=1)
assert respond(client=shaky).output_text == text


async def many():
    """50 at once, with as many retries as the package makes by itself."""
    crowd = openai.AsyncOpenAI(base_url=BASE, api_key="none")

    async def ask():
        return await crowd.chat.completions.create(
            model="some-model", messages=[{"role": "user", "content": question}], max_tokens=1, temperature=0
        )

    answers = await asyncio.gather(*(ask() for _ in range(50)))
    assert len({answer.choices[0].message.content for answer in answers}) == 1, answers


asyncio.run(many())
print("all as it should be")
