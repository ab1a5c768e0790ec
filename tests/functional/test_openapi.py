"""The description of the API, held against the running server."""

import jsonschema
import pytest
from support.course import Course
from support.raw_http import ask

METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture(scope="module")
def document(carrel):
    return carrel.anonymous().get("/api/v1/openapi.json")


@pytest.fixture(scope="module")
def lived_course(carrel):
    """A course in which something has happened, so that no list is empty; it has been degraded."""
    course = Course(carrel, "openapi", environment="probe")
    course.admit("openapi-ada").running_server(course.slug)
    course.applicant("openapi-bob")
    course.end()
    return course


@pytest.fixture(scope="module")
def running_course(carrel):
    course = Course(carrel, "openapi-running", environment="probe")
    course.admit("openapi-eva").running_server(course.slug)
    return course


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def check(document, schema, value):
    """Checks a value against a schema whose references lead into the document."""
    # jsonschema resolves "#/components/…" in the schema that it is given.
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


def base(document):
    """What stands before every path of the document."""
    (server,) = document.get("servers") or [{"url": ""}]
    return "" if server["url"] == "/" else server["url"]


def filled(path, course):
    values = {
        "{slug}": course.slug,
        "{username}": "openapi-ada" if course.slug == "openapi" else "openapi-eva",
        "{server}": "no-such-server",
        "{code}": "no-such-code",
        "{id}": "no-such-id",
        "{login}": "no-such-login",
    }
    for placeholder, value in values.items():
        path = path.replace(placeholder, value)
    assert "{" not in path, f"{path} has a parameter that this test does not know"
    return path


def test_the_description_is_one_of_openapi_3_1(document, carrel):
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"] and document["info"]["version"] == carrel.anonymous().get("/api/v1/options")["version"]
    names = [operation["operationId"] for _, _, operation in operations(document) if "operationId" in operation]
    assert len(names) == len(set(names))
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for method, path, operation in operations(document):
        assert operation["summary"] and operation["responses"], (method, path)


def test_every_reference_leads_somewhere(document):
    def walk(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                target = document
                for part in value["$ref"].removeprefix("#/").split("/"):
                    target = target[part]
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)


def test_everything_that_is_read_answers_as_described(document, carrel, gov, lea, lived_course, running_course):
    read = 0
    for course in (lived_course, running_course):
        for person in (gov, course.lea, carrel.log_in("openapi-ada")):
            for method, path, operation in operations(document):
                if method != "get" or path.endswith(("openapi.json", "takeout", "folder")):
                    continue
                where = base(document) + filled(path, course)
                answer = person.request("GET", where)
                described = operation["responses"].get(str(answer.status_code)) or operation["responses"].get("default")
                assert described, f"{where} answers {answer.status_code}, which is not described"
                described = resolve(document, described)
                kind = answer.headers["Content-Type"].split(";")[0]
                assert kind in described["content"], f"{where}: {kind}"
                check(document, described["content"][kind]["schema"], answer.json())
                read += answer.status_code == 200
    assert read > 40


def resolve(document, value):
    while "$ref" in value:
        target = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


def test_every_call_that_is_described_exists(document, carrel, gov, running_course):
    for method, path, operation in operations(document):
        where = base(document) + filled(path, running_course)
        answer = carrel.anonymous().request(method, where, json={} if method in ("post", "put", "patch") else None)
        # Without a login: refused, but never "there is no such call". Public calls say what is missing.
        assert answer.status_code != 405, (method, where)
        if answer.status_code == 404:
            assert "{code}" in path or "{slug}" in path, (method, where)
        assert str(answer.status_code) in operation["responses"] or "default" in operation["responses"], (
            method,
            where,
            answer.status_code,
        )
    assert len(list(operations(document))) > 30


def test_a_method_that_is_not_described_is_refused(document, carrel, running_course):
    for path, item in document["paths"].items():
        where = base(document) + filled(path, running_course)
        for method in METHODS:
            if method not in item:
                status, _ = ask(carrel.url, where, method.upper())
                assert status == 405, (method, where, status)


def test_every_error_is_a_problem_as_described(document, carrel, lea, running_course):
    problem = document["components"]["schemas"]["Problem"]
    for person, method, path, body in (
        (carrel.anonymous(), "GET", "/api/v1/me", None),
        (lea, "GET", "/api/v1/users", None),
        (lea, "GET", "/api/v1/courses/no-such-course", None),
        (lea, "GET", "/api/v1/no-such-call", None),
        (lea, "PUT", "/api/v1/me", None),
        (lea, "POST", "/api/v1/courses", {"slug": 7}),
        (lea, "POST", f"/api/v1/courses/{running_course.slug}/redeploy", {}),
    ):
        answer = person.request(method, path, json=body)
        assert answer.headers["Content-Type"].startswith("application/problem+json"), (method, path)
        check(document, problem, answer.json())
        assert answer.json()["status"] == answer.status_code >= 400
