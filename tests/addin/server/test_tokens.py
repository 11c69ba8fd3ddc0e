"""Tokens: told once, kept as hashes, readable by their owner alone, found in constant work."""

from __future__ import annotations

import stat
import sys
from datetime import UTC, datetime, timedelta

import pytest

from sheetsync.addin.failures import NotAllowed, SetupMissing
from sheetsync.addin.tokens import Scope, Tokens

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def tokens(tmp_path):
    return Tokens(tmp_path / "state" / "tokens.json", clock=lambda: NOW)


def test_a_token_has_256_bits_and_is_found_again(tokens):
    text = tokens.make("Ada")
    assert len(text) == 43  # 32 bytes in base64 without padding
    found = tokens.find(text)
    assert (found.name, found.scopes) == ("Ada", frozenset(Scope))
    assert found.expires - found.made == timedelta(days=365)


def test_its_text_is_nowhere_in_the_file(tokens):
    text = tokens.make("Ada")
    assert text not in tokens.path.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="files of Windows have no mode")
def test_the_file_and_its_folder_are_their_owners_alone(tokens):
    tokens.make("Ada")
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(tokens.path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform == "win32", reason="files of Windows have no mode")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_a_file_that_others_can_read_is_refused(tokens, mode):
    text = tokens.make("Ada")
    tokens.path.chmod(mode)
    with pytest.raises(SetupMissing, match="other users"):
        tokens.find(text)


def test_a_link_in_its_place_is_refused(tokens, tmp_path):
    tokens.make("Ada")
    real = tmp_path / "elsewhere.json"
    tokens.path.rename(real)
    tokens.path.symlink_to(real)
    with pytest.raises(SetupMissing):
        tokens.all()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version":2}', '{"tokens":[{"name":"x"}]}'])
def test_a_damaged_file_is_told_without_quoting_it(tokens, text):
    tokens.make("Ada")
    tokens.path.write_text(text)
    with pytest.raises(SetupMissing, match="damaged"):
        tokens.all()


def test_a_wrong_text_finds_nothing(tokens):
    text = tokens.make("Ada")
    wrong = ["", " ", text[:-1], text + "A", text.swapcase(), f" {text}", "\ud800", "é" * 43]
    assert [tokens.find(one) for one in wrong] == [None] * len(wrong)


def test_every_stored_hash_is_compared_whole_whatever_comes_first(tokens, monkeypatch):
    """Neither the place of a token in the file nor how much of it is right shows in the work."""
    import hmac

    texts = [tokens.make(f"team {i}") for i in range(5)]
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(
        "sheetsync.addin.tokens.hmac.compare_digest", lambda a, b: compared.append(a) or real(a, b)
    )
    for text in (texts[0], texts[-1], "wrong"):
        compared.clear()
        tokens.find(text)
        assert len(compared) == 5


def test_a_name_has_one_token_the_new_one(tokens):
    old, new = tokens.make("Ada"), tokens.make("ADA")
    assert tokens.find(old) is None
    assert tokens.find(new).name == "ADA"
    assert len(tokens.all()) == 1


def test_a_running_server_sees_what_is_made_and_revoked(tokens):
    server = Tokens(tokens.path, clock=lambda: NOW)
    assert server.all() == ()
    text = tokens.make("Ada")
    assert server.find(text).name == "Ada"
    assert tokens.revoke("ada")
    assert server.find(text) is None
    assert not tokens.revoke("ada")


def test_an_expired_token_is_found_as_expired(tokens):
    text = tokens.make("Ada", days=30)
    assert not tokens.find(text).expired(NOW + timedelta(days=30, seconds=-1))
    assert tokens.find(text).expired(NOW + timedelta(days=30))
    tokens.clock = lambda: NOW + timedelta(days=31)
    assert tokens.valid() == ()


@pytest.mark.parametrize("name", ["", " x", "-x", "a/b", "a\nb", "x" * 41, "<b>", "../x"])
def test_a_name_that_is_none_is_refused(tokens, name):
    with pytest.raises(NotAllowed):
        tokens.make(name)
    assert not tokens.path.exists()


def test_a_token_for_nothing_is_refused(tokens):
    with pytest.raises(NotAllowed):
        tokens.make("Ada", scopes=())
    with pytest.raises(NotAllowed):
        tokens.make("Ada", days=0)
