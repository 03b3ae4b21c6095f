"""Many predictions asked for in one moment: each is one of its own, and what is wrong with one stops no other."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from tests.e2e.server import TERMINAL, wait_for

from dreamreel.animation.views import ANIMATE

MANY = 200
# One in ten is refused, another is canceled as soon as it is there.
BAD, CANCELED = 3, 7
FILM = {"animation_prompts": "0: a red circle", "sampler": "euler", "max_frames": 1, "steps": 1}


@pytest.fixture(scope="module")
def answers(server):
    """number -> (status, body) of requests that came together."""
    with ThreadPoolExecutor(MANY) as clients:
        return dict(enumerate(clients.map(partial(ask, server), range(MANY))))


def ask(server, number):
    given = {**FILM, "seed": number, "zoom": "0: (1" if number % 10 == BAD else "0: (1)"}
    answer = server.http.post("/v1/predictions", json={"version": ANIMATE.version, "input": given})
    if answer.status_code == 201 and number % 10 == CANCELED:
        return 201, server.cancel(answer.json()["id"])
    return answer.status_code, answer.json()


def test_what_is_wrong_is_refused_alone(answers):
    statuses = {number: status for number, (status, _) in answers.items()}
    assert statuses == {number: 422 if number % 10 == BAD else 201 for number in range(MANY)}
    assert all("zoom" in answers[number][1]["detail"] for number in range(BAD, MANY, 10))


def test_each_is_a_prediction_of_its_own(answers):
    made = {number: body for number, (status, body) in answers.items() if status == 201}
    assert len({body["id"] for body in made.values()}) == len(made) == MANY - MANY // 10
    assert all(body["input"]["seed"] == number for number, body in made.items())


def test_all_that_were_not_canceled_are_drawn_to_their_end(server, answers):
    made = {number: body["id"] for number, (status, body) in answers.items() if status == 201}
    left = set(made)

    def all_ended():
        left.difference_update([number for number in left if server.get(made[number])["status"] in TERMINAL])
        return not left

    wait_for(all_ended, "the end of all")
    ended = {number: server.get(made[number]) for number in made}
    assert all(found["status"] == "succeeded" for number, found in ended.items() if number % 10 != CANCELED)
    films = {server.http.get(ended[number]["output"]).content for number in (0, 1, 2, 198)}
    assert len(films) == 4
