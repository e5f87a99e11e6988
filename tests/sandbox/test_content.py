from typing import Any

from tests.sandbox.talk import Talk

ATTRIBUTE = """mutation($name: String!, $kind: AttributeInputTypeEnum) { attributeCreate(input: {name: $name,
  type: PAGE_TYPE, inputType: $kind}) { attribute { id slug } errors { field code } } }"""
TYPE = "mutation($i: PageTypeCreateInput!) { pageTypeCreate(input: $i) { pageType { id slug attributes { slug } } errors { code } } }"
PAGE = "mutation($i: PageCreateInput!) { pageCreate(input: $i) { page { id slug } errors { field code } } }"
READ = "query($s: String) { page(slug: $s) { id title attributes { attribute { slug } values { name plainText boolean } } } }"


def _model(shop: Talk, name: str) -> tuple[str, dict[str, str]]:
    kinds = {"Text": "PLAIN_TEXT", "Threshold": "NUMERIC", "Shown": "BOOLEAN"}
    made = {
        k: shop.ask(ATTRIBUTE, name=f"{name} {k}", kind=kind)["attributeCreate"]["attribute"]["id"]
        for k, kind in kinds.items()
    }
    answer = shop.ask(TYPE, i={"name": name, "slug": name.lower(), "addAttributes": [made["Text"]]})["pageTypeCreate"]
    assert answer["errors"] == []
    assign = "mutation($t: ID!, $a: [ID!]!) { pageAttributeAssign(pageTypeId: $t, attributeIds: $a) { pageType { id } errors { code } } }"
    page_type: str = answer["pageType"]["id"]
    rest = [made["Threshold"], made["Shown"]]
    assert shop.ask(assign, t=page_type, a=rest)["pageAttributeAssign"]["errors"] == []
    again = shop.ask(assign, t=page_type, a=rest)["pageAttributeAssign"]["errors"]
    assert again == [{"code": "ATTRIBUTE_ALREADY_ASSIGNED"}]
    return page_type, made


def test_pages_hold_what_their_type_says(shop: Talk) -> None:
    page_type, attribute = _model(shop, "Policies")
    values: list[dict[str, Any]] = [
        {"id": attribute["Text"], "plainText": "Free from 75"},
        {"id": attribute["Threshold"], "numeric": "75"},
        {"id": attribute["Shown"], "boolean": True},
    ]
    page = {"title": "Policy", "slug": "policy", "pageType": page_type, "isPublished": True, "attributes": values}
    made = shop.ask(PAGE, i=page)["pageCreate"]["page"]
    found = shop.ask(READ, token="", s="policy")["page"]
    assert [each["values"] for each in found["attributes"]] == [
        [{"name": "Free from 75", "plainText": "Free from 75", "boolean": None}],
        [{"name": "75", "plainText": None, "boolean": None}],
        [{"name": "Policies Shown: Yes", "plainText": None, "boolean": True}],
    ]
    assert shop.ask(PAGE, i=page)["pageCreate"]["errors"] == [{"field": "slug", "code": "UNIQUE"}]
    change = "mutation($id: ID!, $i: PageInput!) { pageUpdate(id: $id, input: $i) { errors { code } } }"
    shop.ask(change, id=made["id"], i={"title": "New", "attributes": [{"id": attribute["Text"], "plainText": ""}]})
    assert shop.ask(READ, s="policy")["page"]["attributes"][0]["values"] == []
    shop.ask("mutation($id: ID!) { pageDelete(id: $id) { errors { code } } }", id=made["id"])
    assert shop.ask(READ, s="policy")["page"] is None


def test_what_is_not_published_is_seen_by_editors_only(shop: Talk) -> None:
    page_type, _ = _model(shop, "Drafts")
    shop.ask(PAGE, i={"title": "Draft", "slug": "draft", "pageType": page_type})
    assert shop.ask(READ, s="draft")["page"]["title"] == "Draft"
    assert shop.ask(READ, token="", s="draft")["page"] is None


def test_slugs_are_unique_and_found(shop: Talk) -> None:
    _model(shop, "Unique")
    twice = shop.ask(ATTRIBUTE, name="Unique Text", kind="PLAIN_TEXT")["attributeCreate"]
    assert twice == {"attribute": None, "errors": [{"field": "slug", "code": "UNIQUE"}]}
    assert shop.ask(TYPE, i={"name": "Again", "slug": "unique"})["pageTypeCreate"]["errors"] == [{"code": "UNIQUE"}]
    query = """{ pageTypes(first: 1, filter: {slugs: ["unique"]}) { edges { node { slug hasPages } } }
      attributes(first: 1, where: {slug: {eq: "unique-text"}}) { edges { node { slug inputType } } } }"""
    found = shop.ask(query, token="")
    assert found["pageTypes"]["edges"] == [{"node": {"slug": "unique", "hasPages": False}}]
    assert found["attributes"]["edges"] == [{"node": {"slug": "unique-text", "inputType": "PLAIN_TEXT"}}]
