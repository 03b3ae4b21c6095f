"""Running: frames arrive, a reload finds everything again, and the library shows what was made."""

from tests.studio.desk import Desk, module

LONG = 1000


def test_two_prompts_and_a_zoom_are_run_watched_canceled_and_found_again(desk, server):
    desk.text("Animation prompts").fill("0: a red circle | 50: a yellow ring")
    desk.text("Zoom").fill("0: (1.0), 50: (1.05)")
    desk.settled()
    first = desk.run()
    desk.wait_for_frames(5)
    desk.wait_for_status("succeeded")
    sent = server.get(first)
    assert sent["source"] == "web"
    assert sent["input"]["seed"] >= 0  # thrown by the page, so that it is never lost

    desk.page.get_by_label("Max frames", exact=True).fill(str(LONG))
    desk.settled()
    second = desk.run()
    desk.wait_for_frames(5)
    desk.page.reload()
    desk.wait_for_frames(8)
    desk.page.get_by_role("button", name="Cancel", exact=True).first.click()
    desk.wait_for_status("canceled")
    kept = server.get(second)["metrics"]["frames"]
    assert 5 <= kept < LONG
    desk.page.get_by_role("button", name="First frame").click()
    desk.page.wait_for_selector(".film[data-frame='0'] canvas")

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
    done = desk.page.locator(".situation").get_attribute("data-done")
    held.fulfill(response=answer, json=old)
    desk.page.get_by_text("Canceled; the frames that are done stay").wait_for()
    desk.wait_for_status("canceled")
    assert desk.page.locator(".situation").get_attribute("data-done") == done


def test_an_answer_to_cancel_does_not_take_frames_back_that_the_stream_has_told(desk, server):
    desk.page.get_by_label("Max frames", exact=True).fill(str(LONG))
    desk.settled()
    ran = desk.run()
    desk.wait_for_frames(5)
    desk.page.evaluate(
        f"""async () => {{
            const [{{ run }}, {{ effect }}] = await Promise.all([{module("state.js")}, {module("html.js")}])
            window.told = []
            effect(() => run.value && window.told.push(run.value.done))
        }}"""
    )
    held = desk.hold("**/cancel", desk.page.get_by_role("button", name="Cancel", exact=True).click)
    held.fulfill(json={**server.get(ran), "status": "processing", "metrics": {"frames": 1}})
    desk.page.get_by_text("Canceled; the frames that are done stay").wait_for()
    told = desk.page.evaluate("window.told")
    assert len(told) >= 1
    assert told == sorted(told)
    desk.page.unroute("**/cancel")
    desk.page.get_by_role("button", name="Cancel", exact=True).click()
    desk.wait_for_status("canceled")


def test_the_same_request_again_has_the_seed(desk, film):
    desk.open(f"/p/{film}")
    desk.wait_for_status("succeeded")
    page = desk.page
    page.get_by_role("tab", name="Code").click()
    for client in ("curl", "Python", "JavaScript"):
        page.get_by_role("button", name=client, exact=True).click()
        page.wait_for_function("() => /\\bseed\"?: 7\\b/.test(document.querySelector('.copyable pre').textContent)")
    page.get_by_role("button", name="Remix").click()
    page.get_by_role("tab", name="Compose").click()
    assert page.get_by_label("Seed", exact=True).input_value() == "7"
    page.get_by_role("button", name="The next seed").click()
    page.wait_for_function("() => document.getElementById('input-seed').value === '8'")
    page.get_by_role("button", name="A new seed for each film").click()
    page.wait_for_function("() => document.getElementById('input-seed').value === ''")


def test_a_server_that_goes_away_is_said_and_comes_back_by_itself(context, server):
    desk = Desk(context.new_page(), server.url).open()
    context.set_offline(True)
    desk.page.get_by_role("alert").get_by_text("You are offline").wait_for(timeout=5000)
    assert desk.page.get_by_role("button", name="Run", exact=True).is_disabled()
    context.set_offline(False)
    desk.page.wait_for_selector(".banner", state="detached")
    desk.settled()


def test_a_missing_film_says_so_and_offers_no_player(desk):
    desk.errors.clear()
    desk.page.goto(desk.url + "/p/abc-_x")
    desk.page.get_by_text("There is no such film").wait_for()
    assert desk.page.locator(".transport").count() == 0
    desk.errors.clear()  # the browser tells the 404 too


def test_a_finished_film_shows_its_making_and_is_loaded_again(desk, film):
    desk.open(f"/p/{film}")
    desk.wait_for_status("succeeded")
    page = desk.page
    page.get_by_role("tab", name="Logs").click()
    page.wait_for_selector(".logs >> text=Using seed: 7")
    page.get_by_role("tab", name="Manifest").click()
    page.wait_for_selector("pre >> text=100 SHA-256 digests")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("pre >> text=curl -s")
    page.get_by_role("button", name="Remix").click()
    assert desk.text("Angle").input_value() == "0: (1)"


def test_a_film_in_the_library_plays_under_the_pointer_for_who_likes_motion(desk, film):
    done = desk.page.locator(".cards li", has=desk.page.locator(f".card[data-id='{film}']"))
    done.scroll_into_view_if_needed()
    done.locator(".thumb").hover()
    assert done.locator("video").count() == 0  # this visitor asked for less motion
    desk.page.mouse.move(0, 0)
    desk.page.emulate_media(reduced_motion="no-preference")
    done.locator(".thumb").hover()
    done.locator("video").wait_for()
    assert "#7" in done.inner_text()
