import pytest
from pytest_httpx import HTTPXMock

from plugin.saleor.problems import dismiss_problem, raise_problem
from tests.saleor.shop import Shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(httpx_mock: HTTPXMock) -> Shop:
    shop = Shop(httpx_mock)
    shop.says("ProblemRaise", {"appProblemCreate": {"appProblem": {"id": "P"}, "errors": []}})
    shop.says("ProblemDismiss", {"appProblemDismiss": {"errors": []}})
    return shop


@pytest.mark.parametrize(("critical", "more"), [(False, {}), (True, {"criticalThreshold": 1})])
async def test_a_problem_is_raised(critical: bool, more: dict[str, int], shop: Shop) -> None:
    async with shop.client() as saleor:
        await raise_problem(saleor, "page", "Kept.", critical=critical)
    (given,) = shop.variables("ProblemRaise")
    assert given["input"] == {"key": "page", "message": "Kept.", "aggregationPeriod": 10080, **more}


async def test_a_problem_is_over(shop: Shop) -> None:
    async with shop.client() as saleor:
        await dismiss_problem(saleor, "page")
    assert shop.calls == [("ProblemDismiss", {"key": "page"})]


@pytest.mark.parametrize("key", ["ab", "k" * 129])
async def test_a_key_that_saleor_would_refuse(key: str, shop: Shop) -> None:
    async with shop.client() as saleor:
        with pytest.raises(ValueError, match="3 to 128"):
            await raise_problem(saleor, key, "Kept.")
    assert shop.calls == []
