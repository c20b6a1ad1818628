"""Sockets, the PostgreSQL protocol and the server's own life: the outermost layer.

A client's bytes arrive at a `listener`, which makes a `connection` of them. The sans-IO `protocol` turns bytes into
messages. `startup` deals with the first ones (TLS, `authentication`, SCRAM) and asks `sql.database` for a session;
`conversation` deals with the rest (`simple_query`, `extended_query`, `copying`). What may have to wait is a generator
of `steps`, run by `step_runner`; all else is done at once. Results go through `results` and `encoding` into the
`output`, which holds them back while the client does not read. `errors` has what a client is told of each exception.
`registry` knows all connections, for cancel requests, limits and shutdown.

`app` builds all layers and stops them again; `config` and `config_loader` say how, `cli` is what the shell calls,
`interpreter_sharing` lets the loop have its turns while workers are busy,
`logging`, `watchdog` and `announce` tell people how the server is.
"""
