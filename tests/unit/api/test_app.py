"""The application as a whole."""

from dreamreel.api.app import MODULES, create_app


def test_an_application_takes_routes_as_they_are_so_that_its_first_request_makes_none(context):
    made = [route for module in MODULES for route in module.router.routes]
    assert create_app(context).routes[: len(made)] == made
