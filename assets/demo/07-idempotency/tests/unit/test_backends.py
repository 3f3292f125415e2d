import sys

from core import backends


def test_finds_parts_by_name():
    assert backends.load("ledger").__name__ == "core.ledger"
    assert backends.load("idempotency") is sys.modules["candidate.idempotency.store"]


def test_a_deployment_may_replace_a_part():
    assert backends.load("ledger", {"ledger": "core.money"}).__name__ == "core.money"


def test_the_nightly_job_sweeps_the_store():
    assert backends.sweep_expired().__module__ == "candidate.idempotency.store"
