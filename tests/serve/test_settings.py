from __future__ import annotations

import pytest

from claimex.errors import ConfigError
from serve.settings import Settings, read_settings, shown


def test_settings_come_from_the_environment() -> None:
    read = read_settings(
        {
            "CLAIMEX_SERVE_PORT": "9000",
            "CLAIMEX_SERVE_CORS_ORIGINS": "https://a.example, https://b.example",
            "CLAIMEX_SERVE_TOKEN": "open sesame",
            "CLAIMEX_DATA": "/elsewhere",
        }
    )
    assert (read.port, read.cors_origins) == (9000, ["https://a.example", "https://b.example"])
    assert read.token is not None
    assert read.token.get_secret_value() == "open sesame"
    assert read_settings({}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "http", "CLAIMEX_SERVE_PORT: .*integer"),
        ("PORT", "70000", "CLAIMEX_SERVE_PORT: .*65535"),
        ("MAX_DOCUMENTS", "0", "CLAIMEX_SERVE_MAX_DOCUMENTS: "),
        ("TOKEN", "short", "CLAIMEX_SERVE_TOKEN: .*8"),
        ("PROT", "9000", "CLAIMEX_SERVE_PROT: no such setting: choose among .*CLAIMEX_SERVE_PORT"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_settings({f"CLAIMEX_SERVE_{name}": value})


def test_secrets_are_not_shown() -> None:
    text = shown(read_settings({"CLAIMEX_SERVE_TOKEN": "open sesame"}))
    assert "CLAIMEX_SERVE_PORT=8000" in text
    assert "sesame" not in text
