from plugin.domain.differences import differences


def test_each_value_that_differs_has_its_line() -> None:
    before = {"status": "draft", "params": {"value": "10", "text": "Hi"}, "budgets": {}, "audience": None, "old": 1}
    after = {
        "status": "on",
        "params": {"value": "15", "text": "Hi"},
        "budgets": {"total": {"USD": "100"}},
        "audience": {"field": "orders", "at_least": 2},
        "channels": [],
    }
    assert differences(before, after) == [
        "status: draft → on",
        "value: 10 → 15",
        "budgets.total.USD: nothing → 100",
        'audience: nothing → {"field": "orders", "at_least": 2}',
        "old: 1 → nothing",
    ]


def test_what_is_the_same_has_none() -> None:
    assert differences({"params": {"value": "10"}}, {"params": {"value": "10"}, "channels": []}) == []
