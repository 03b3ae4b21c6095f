"""Running: frames arrive, a reload finds everything again, and the library shows what was made."""

import re

LONG = 1000


def test_two_prompts_and_a_zoom_are_run_watched_canceled_and_found_again(desk, server):
    desk.text("Animation prompts").fill("0: a red circle | 50: a yellow ring")
    desk.text("Zoom").fill("0: (1.0), 50: (1.05)")
    desk.settled()
    first = desk.run()
    desk.wait_for_frames(5)
    desk.page.wait_for_selector(".film img")
    desk.wait_for_status("done")
    assert server.get(first)["source"] == "web"
    assert desk.page.locator(".scrubber-mark").count() == 1

    desk.page.get_by_role("button", name="← Composer").click()
    desk.page.get_by_label("Max frames", exact=True).fill(str(LONG))
    desk.settled()
    second = desk.run()
    desk.wait_for_frames(5)
    desk.page.reload()
    desk.wait_for_frames(8)
    desk.page.get_by_role("button", name="Cancel", exact=True).click()
    desk.wait_for_status("canceled")
    kept = server.get(second)["metrics"]["frames"]
    assert 5 <= kept < LONG
    desk.page.get_by_role("button", name="First frame").click()
    desk.page.wait_for_selector(".film[data-frame='0'] img")

    desk.page.reload()
    desk.page.wait_for_selector(".card")
    assert desk.ids()[:2] == [second, first]


def test_an_answer_to_cancel_that_the_stream_has_overtaken_takes_nothing_back(desk):
    desk.page.get_by_label("Max frames", exact=True).fill(str(LONG))
    desk.settled()
    desk.run()
    desk.wait_for_frames(5)
    held = desk.hold("**/cancel", desk.page.get_by_role("button", name="Cancel", exact=True).click)
    answer = held.fetch()
    old = {**answer.json(), "status": "processing", "metrics": {"frames": 1}, "logs": "old", "completed_at": None}
    desk.wait_for_status("canceled")
    shown = desk.page.locator(".progress b").inner_text()
    held.fulfill(response=answer, json=old)
    desk.page.get_by_text("Canceled; the frames that are done stay").wait_for()
    assert desk.page.locator(".run-head .status").inner_text() == "canceled"
    assert desk.page.locator(".progress b").inner_text() == shown
    assert desk.page.locator(".card .status").first.inner_text() == "canceled"


def test_an_answer_to_cancel_does_not_take_frames_back_that_the_stream_has_told(desk, server):
    desk.page.get_by_label("Max frames", exact=True).fill(str(LONG))
    desk.settled()
    ran = desk.run()
    desk.wait_for_frames(5)
    desk.page.evaluate(
        """async () => {
            const [{ run }, { effect }] = await Promise.all([import("/studio/runs.js"), import("/studio/html.js")])
            window.told = []
            effect(() => run.value && window.told.push(run.value.done))
        }"""
    )
    held = desk.hold("**/cancel", desk.page.get_by_role("button", name="Cancel", exact=True).click)
    running = {**server.get(ran), "status": "processing", "metrics": {"frames": 1}}
    held.fulfill(json=running)
    desk.page.get_by_text("Canceled; the frames that are done stay").wait_for()
    told = desk.page.evaluate("window.told")
    assert told == sorted(told)
    desk.page.unroute("**/cancel")
    desk.page.get_by_role("button", name="Cancel", exact=True).click()
    desk.wait_for_status("canceled")


def test_the_film_plays_while_it_grows(desk):
    desk.page.get_by_label("Max frames", exact=True).fill(str(LONG))
    desk.settled()
    desk.run()
    desk.wait_for_frames(30)
    desk.page.get_by_role("button", name="Play", exact=True).click()
    desk.page.wait_for_function("() => document.querySelector('.film video').currentTime > 0.3")
    desk.page.keyboard.press("Space")
    desk.page.get_by_role("button", name="Play", exact=True).wait_for()
    desk.page.get_by_role("button", name="Cancel", exact=True).click()
    desk.wait_for_status("canceled")


def test_a_finished_film_shows_its_making_and_is_loaded_again(desk, film):
    desk.open(f"/p/{film}")
    desk.wait_for_status("done")
    page = desk.page
    page.get_by_role("tab", name="Logs").click()
    page.wait_for_selector(".logs >> text=Using seed: 7")
    page.get_by_role("tab", name="Manifest").click()
    page.wait_for_selector("pre >> text=100 SHA-256 digests")
    page.get_by_role("tab", name="Code").click()
    for client, words in {"curl": "curl -s", "Python": "client.run(", "JavaScript": "replicate.run("}.items():
        page.get_by_role("button", name=client, exact=True).click()
        assert words in page.locator("[role=tabpanel] pre").inner_text()
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => document.querySelector('.film video').currentTime > 0.2")
    page.get_by_role("button", name="Remix").click()
    assert desk.text("Angle").input_value() == "0: (1)"
    assert page.get_by_label("Seed", exact=True).input_value() == "7"


def test_the_library_comes_in_pages_and_plays_under_the_pointer(desk, server, film):  # noqa: ARG001 - one to play
    for _ in range(30):
        server.cancel(server.create()["id"])
    desk.page.reload()
    desk.page.get_by_role("button", name="Load more").click()
    desk.page.wait_for_function("() => document.querySelectorAll('.card').length > 30")
    assert len(set(desk.ids())) == len(desk.ids())
    done = desk.page.locator(".card", has_text="done").first
    done.scroll_into_view_if_needed()
    done.hover()
    done.locator("video").wait_for()
    assert re.search(r"#\d+", done.inner_text())
