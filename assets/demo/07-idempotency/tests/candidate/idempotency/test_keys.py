from candidate.idempotency import fingerprint, new_key


def test_keys_differ():
    assert len({new_key() for _ in range(100)}) == 100


def test_the_order_of_fields_does_not_matter():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})


def test_the_content_does():
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
