"""Speaks with a running service through the package langchain-openai: chat, stream, usage, history, errors,
timeouts, retries.

usage: client_langchain_openai.py PORT
"""

import sys

import openai
import unsteady
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI, OpenAI

BASE = f"http://127.0.0.1:{sys.argv[1]}/v1"


def model(**more):
    settings = {"base_url": BASE, "max_retries": 0} | more
    return ChatOpenAI(api_key="none", model="some-model", max_tokens=24, temperature=0, **settings)


question = [SystemMessage("You are a helpful assistant."), HumanMessage("What is the capital of France?")]
answer = model().invoke(question)
assert "Paris" in answer.content, answer
usage = answer.usage_metadata
assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
chunks = list(model(stream_usage=True).stream(question))
assert "".join(chunk.content for chunk in chunks) == answer.content
assert any(chunk.usage_metadata for chunk in chunks)
later = question + [AIMessage(answer.content), HumanMessage("And of Italy?")]
assert model().invoke(later).content
assert model(logprobs=True).invoke(question).response_metadata["logprobs"]["content"]
assert model(stop_sequences=["Paris"]).invoke(question).content != answer.content
text = OpenAI(base_url=BASE, api_key="none", model="some-model", max_tokens=8, temperature=0, max_retries=0)
assert "Paris" in text.invoke("The capital of France is")
try:
    model(top_p=7).invoke(question)
    raise AssertionError("no error")
except openai.BadRequestError as failure:
    assert failure.param == "top_p", failure
try:
    model(base_url=f"http://127.0.0.1:{unsteady.silent()}/v1", timeout=0.5).invoke(question)
    raise AssertionError("no timeout")
except openai.APITimeoutError:
    pass
shaky = model(base_url=f"http://127.0.0.1:{unsteady.shaky(sys.argv[1])}/v1", max_retries=1)
assert shaky.invoke(question).content == answer.content
print("all as it should be")
