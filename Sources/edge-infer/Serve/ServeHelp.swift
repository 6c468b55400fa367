/// The help of `serve`.
enum ServeHelp {
  static let text: StaticString = """
    edge-infer serve --profile P.json [--model M] [--listen ADDRESS:PORT | --listen unix:PATH]
                     [--token-file FILE] [--alias NAME] [--raw] [--connections N] [--queue N]
                     [--max-tokens N] [--stop TEXT] [--keep-system-tokens N] [--max-body-mib M]
                     [--timeout S] [--keep-alive S] [--grace S] [--positions HOW] [--quiet]
                     [--max-temperature C] [--lock-memory] [--no-huge-pages] [--no-lockdown]
                     [sampling] [overrides]

    A service for programs that speak OpenAI's API: HTTP/1.1 without encryption, requests served one
    at a time in the order of their heads, in memory that is all planned before the first one.
      POST /v1/chat/completions   messages of the roles system (or developer; before all others),
                          user and assistant, as texts or parts of the type text; stream,
                          stream_options.include_usage, temperature, top_p, max_tokens or
                          max_completion_tokens, stop, seed; min_p, repeat_penalty and top_k (at
                          most --top-k). Tools, formats other than text, log-probabilities,
                          penalties and n above 1 get 400; what else is there is left out
      POST /v1/completions        prompt: a text, taken as it is; special tokens are recognized
      GET /v1/models              the one model
      GET /health                 {"status":"ok","busy":…,"waiting":…}; needs no token
      GET /metrics                counters for Prometheus, and the temperature
    The GET requests are answered while an answer is being made. Bodies are read when it is their
    request's turn, and of any length; settings may come behind the messages.

      --listen ADDRESS    127.0.0.1:8080; an IPv6 address in brackets; port 0 takes a free one, which
                          is told; unix:PATH makes a socket for this user alone. A stale one is
                          replaced; it stays when the service ends
      --token-file FILE   a token that requests must bring: Authorization: Bearer TOKEN
      --alias NAME        the model's name, in place of its file's; requests for others get 404
      --raw               no chat template: /v1/completions alone
      --connections N     connections at a time (16, at most 64); idle ones make room for new ones
      --queue N           requests that wait (8); more get 503 with Retry-After
      --max-tokens N      tokens of an answer where the request does not say (1024)
      --stop TEXT         where the request has no stop texts
      --keep-system-tokens N  a system message of at most N tokens is kept until there is another one,
                          with the cache behind it, and not read again (512; 0: none is). It ends with
                          a block of its own, so that answers are the same, bit for bit, whether it was
                          kept or not. For templates where a special token follows it: ChatML, Llama 3
      --max-body-mib M    larger bodies get 413 (1024)
      --timeout S         so long a client may keep the service waiting for more of a body, at 1 KiB
                          a second, or for room for more of an answer (30); a head has 10 s at most
      --keep-alive S      so long a connection stays open without requests (60)
      --grace S           on SIGTERM or SIGINT those that wait get 503, and the running request may go
                          on so long (30). A second signal ends at once
      --max-temperature C, --sysroot DIR  as of edge-infer run; the others are answered in a pause
      --quiet             no lines at the start, and none for each request
    Sampling, for what requests do not say, and overrides as of edge-infer run. Without --seed, answers
    to requests without seed differ where the temperature is above 0.

    At a loopback address, requests whose Host is not localhost, 127.0.0.1 or [::1] get 403, as all do
    that have an Origin: web pages are not served. A client that ends its side of the connection is
    taken for gone, and its answer is ended. With policy full, a prompt that does not fit gets 400
    context_length_exceeded; other policies take any.
    After the start, system calls can take connections, read, write and end, and nothing more.
    Exit codes: 0 where a signal ended it in time; 130 and 143 at a second SIGINT or SIGTERM; others as
    of edge-infer --help.

    """
}
