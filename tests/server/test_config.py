"""The configuration: the file and the code agree, overrides hold, and every mistake is named in one line."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import msgspec
import pytest

from server.config import Bytes, Config, ConfigError, Seconds
from server.config_loader import Option, load_config

ROOT = Path(__file__).parents[2]
FILE = ROOT / "config.toml"


def write(folder: Path, text: str) -> Path:
    """A configuration file."""
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_the_file_has_every_key_with_its_default() -> None:
    """Each key of the file has the code's default, and no key of the code is missing in the file."""
    assert load_config(FILE) == Config()
    in_file = {(section, key) for section, table in tomllib.loads(FILE.read_text()).items() for key in table}
    in_code = {
        (section.name, key.name)
        for section in msgspec.structs.fields(Config)
        for key in msgspec.structs.fields(section.type)
    }
    assert in_file == in_code


def test_every_key_of_the_file_is_explained() -> None:
    """A comment stands right above each key (or above the key just before, for a pair that belongs together)."""
    lines = FILE.read_text().splitlines()
    for number, line in enumerate(lines):
        if " = " in line and not line.startswith("#"):
            above = lines[number - 1]
            if not above.startswith("#"):
                above = lines[number - 2]
            assert above.startswith("#"), line


def test_every_key_has_an_effect() -> None:
    """No key is read and forgotten: the modules that build the server ask for each."""
    asked = {
        node.attr
        for name in ("app.py", "logging.py", "config.py", "scheduling.py")
        for node in ast.walk(ast.parse((ROOT / "server" / name).read_text()))
        if isinstance(node, ast.Attribute)
    }
    keys = {key.name for section in msgspec.structs.fields(Config) for key in msgspec.structs.fields(section.type)}
    assert keys <= asked


def test_values_have_the_types_that_the_server_works_with(tmp_path: Path) -> None:
    """Durations become seconds, sizes bytes, paths paths."""
    config = load_config(
        write(tmp_path, "[shutdown]\nflush_timeout = '5min'\n[engine]\nmemory_limit = '1GB'\n[storage]\ndata_dir = 'd'")
    )
    assert config.shutdown.flush_timeout == Seconds(300)
    assert config.engine.memory_limit == Bytes(1 << 30)
    assert config.storage.data_dir == Path("d")
    assert config.log_folder == Path("d/logs")


def test_the_environment_overrides_the_file_and_the_command_line_both(tmp_path: Path) -> None:
    """From weak to strong: default, file, environment, command line."""
    path = write(tmp_path, "[jobs]\nmax_concurrent = 5\nmax_retries = 5\n[server]\nport = 1\n")
    environ = {"SILTDB_JOBS__MAX_CONCURRENT": "8", "SILTDB_SERVER__PORT": "2", "SILTDB_COMMIT__SYNCHRONOUS": "false"}
    config = load_config(path, environ, [Option("--port", "server.port", "3")])
    assert (config.jobs.max_concurrent, config.jobs.max_retries, config.server.port) == (8, 5, 3)
    assert config.commit.synchronous is False


def test_an_orchestrator_s_own_variables_are_left_alone() -> None:
    """Kubernetes sets such names for a service called siltdb; they are not keys."""
    environ = {"SILTDB_PORT": "tcp://10.0.0.1:5433", "SILTDB_SERVICE_HOST": "10.0.0.1", "SILTDB_PORT_5433_TCP": "x"}
    assert load_config(None, environ) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[jobs]\nmax_concurent = 4", "jobs.max_concurent: there is no such key; did you mean jobs.max_concurrent?"),
        ("[jobs]\nzzz = 4", "jobs.zzz: there is no such key (keys of jobs: max_concurrent, max_active, max_retries, "),
        ("[job]\nx = 1", "there is no section 'job' (sections: server, auth, "),
        ("[job]", "there is no section 'job'"),
        ("port = 1", "port: every key belongs in a section"),
        ("[jobs]\nmax_concurrent = 0", "jobs.max_concurrent = 0: expected `int` >= 1"),
        ("[jobs]\nmax_concurrent = '4'", "jobs.max_concurrent = '4': expected `int`, got `str`"),
        ("[jobs]\nrecovery = 'x'", "jobs.recovery = 'x': invalid enum value 'x'"),
        ("[server]\nport = 70000", "server.port = 70000: expected `int` <= 65535"),
        ("[server]\nauthentication_timeout = 60", "server.authentication_timeout = 60: expected '300s', got 60"),
        ("[shutdown]\nflush_timeout = 'soon'", "shutdown.flush_timeout = 'soon': 'soon' is not a duration"),
        ("[engine]\nmemory_limit = '4'", "engine.memory_limit = '4': '4' is not a size"),
        ("[storage]\ndata_dir = ''", "storage.data_dir = '': expected a path"),
        ("[jobs", "config.toml: Expected ']'"),
    ],
)
def test_a_mistake_in_the_file_is_named_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    """The error names the file, the key and the value, and fits a line."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    assert message in str(caught.value)
    assert "config.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_in_the_environment_is_named_by_its_variable() -> None:
    """Whoever set the variable must find it in the message."""
    with pytest.raises(ConfigError, match=r"SILTDB_JOBS__MAX: there is no such key"):
        load_config(None, {"SILTDB_JOBS__MAX": "8"})
    with pytest.raises(ConfigError, match=r"SILTDB_JOBS__MAX_RETRIES = 'many': expected `int`"):
        load_config(None, {"SILTDB_JOBS__MAX_RETRIES": "many"})


def test_a_mistake_on_the_command_line_is_named_by_its_option() -> None:
    """The same for `--port`."""
    with pytest.raises(ConfigError, match=r"--port = 'http': expected `int`"):
        load_config(options=[Option("--port", "server.port", "http")])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Absent, a folder, not text: one line with the path."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot read the configuration file"):
            load_config(path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="it is not UTF-8 text"):
        load_config(tmp_path / "binary.toml")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "db.example.com", ""])
def test_trust_is_refused_where_others_can_connect(host: str) -> None:
    """`trust` with an address that is not loopback must not start."""
    with pytest.raises(ConfigError, match=r"auth.method = 'trust' .* server.host = "):
        load_config(None, {"SILTDB_SERVER__HOST": host})
    assert load_config(None, {"SILTDB_SERVER__HOST": host, "SILTDB_AUTH__METHOD": "scram-sha-256"})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_trust_is_allowed_on_loopback(host: str) -> None:
    """Only this machine can connect to these."""
    assert load_config(None, {"SILTDB_SERVER__HOST": host}).server.host == host


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"SILTDB_SERVER__TLS_CERT": "c"}, "server.tls_key is not set, but server.tls_cert is"),
        ({"SILTDB_SERVER__TLS_KEY": "c"}, "server.tls_cert is not set, but server.tls_key is"),
        ({"SILTDB_SERVER__TLS_CERT": "nix", "SILTDB_SERVER__TLS_KEY": "nix"}, "server.tls_cert = 'nix': there is no"),
        ({"SILTDB_AUTH__ADMIN_PASSWORD_FILE": "nix"}, "auth.admin_password_file = 'nix': there is no such file"),
        ({"SILTDB_SERVER__MAX_CONNECTIONS": "3"}, "server.reserved_connections = 3 must be less than"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(environ: dict[str, str], message: str) -> None:
    """What no single key shows is checked too, before anything is opened."""
    with pytest.raises(ConfigError) as caught:
        load_config(None, environ)
    assert message in str(caught.value)
