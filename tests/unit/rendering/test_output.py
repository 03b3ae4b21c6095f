import av
import numpy as np
import pytest
from tests import tiny

from dreamreel.animation.identity import frame_keys
from dreamreel.errors import InputError, VideoError
from dreamreel.rendering.output import Output, check_same, open_folder
from dreamreel.video.frames import FrameFolder


def render(animation, path, folder=None, stop_after=None):
    """Draws into path, from folder's frames on; stops early as a killed process would leave things."""
    with Output(animation, path, folder) as output:
        for frame in animation.frames(output.restore(animation)):
            output.add(frame)
            if output.num_frames == stop_after:
                return
        output.finish()


@pytest.mark.parametrize("stop_after", [1, 2, 5])
def test_a_stopped_render_goes_on_to_the_same_frames_and_the_same_video(tmp_path, stop_after):
    options = {"max_frames": 6, "sampler": "euler_ancestral", "zoom": "0: (1.02), 6: (1.1)"}
    whole = FrameFolder(tmp_path / "whole")
    render(tiny.animation(**options), tmp_path / "whole.mp4", whole)
    parts = FrameFolder(tmp_path / "parts")
    render(tiny.animation(**options), tmp_path / "parts.mp4", parts, stop_after)
    assert not (tmp_path / "parts.mp4").exists()
    render(tiny.animation(**options), tmp_path / "parts.mp4", parts)
    assert (tmp_path / "parts.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    for idx in range(6):
        assert np.array_equal(parts.load(idx), whole.load(idx))


@pytest.mark.parametrize("stop_after", [2, 4, 6, 7])
@pytest.mark.parametrize("profile", ["replicate", "notebook"])
def test_with_cadence_a_film_stopped_within_a_group_goes_on_to_the_same_bytes_and_leaves_nothing_else(
    tmp_path, profile, stop_after
):
    options = {"max_frames": 10, "diffusion_cadence": 3, "profile": profile, "translation_x": "0: (3)"}
    whole, parts = FrameFolder(tmp_path / "whole"), FrameFolder(tmp_path / "parts")
    render(tiny.animation(3, **options), tmp_path / "whole.mp4", whole)
    render(tiny.animation(3, **options), tmp_path / "parts.mp4", parts, stop_after)
    again = tiny.animation(3, **options)
    state = Output(again, tmp_path / "x.mp4", parts).restore(again)
    assert (0 if state is None else state.next_idx) == stop_after - stop_after % 3
    render(again, tmp_path / "parts.mp4", parts)
    assert (tmp_path / "parts.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert sorted(file.name for file in parts.folder.iterdir()) == [f"{idx:05}.png" for idx in range(len(again))]


def test_a_damaged_frame_is_drawn_again_with_all_after_it(tmp_path):
    folder = FrameFolder(tmp_path / "frames")
    render(tiny.animation(), tmp_path / "a.mp4", folder)
    before = (tmp_path / "a.mp4").read_bytes()
    (folder.folder / "00002.png").write_bytes(b"")
    render(tiny.animation(), tmp_path / "a.mp4", folder)
    assert (tmp_path / "a.mp4").read_bytes() == before


def test_resuming_may_change_what_comes_but_not_what_is_drawn():
    manifest = tiny.animation(max_frames=4).manifest()
    check_same(manifest, tiny.animation(max_frames=9), 4)
    check_same(manifest, tiny.animation(max_frames=4, fps=30), 4)
    with pytest.raises(InputError, match=r"zoom of frame 3: .* made with 1.04, this asks for"):
        check_same(manifest, tiny.animation(max_frames=9, zoom="0: (1.04), 2: (1.04), 3: (1.2)"), 4)
    for change in ({"seed": 2}, {"sampler": "heun"}, {"border": "replicate"}):
        with pytest.raises(InputError, match=next(iter(change))):
            check_same(manifest, tiny.animation(**change), 4)


def test_frames_of_before_there_were_keys_are_compared_by_what_their_note_says():
    manifest = tiny.animation(max_frames=4).manifest()
    assert "keys" not in manifest
    check_same(manifest, tiny.animation(max_frames=4), 4)
    with pytest.raises(InputError, match="border: the frames to resume from were made with 'wrap', this asks for"):
        check_same(manifest, tiny.animation(max_frames=4, border="replicate"), 4)


def test_frames_of_other_weights_or_of_a_version_that_drew_otherwise_are_not_gone_on_from():
    animation = tiny.animation(max_frames=4)
    manifest = {**animation.manifest(), "weights": animation.weights, "keys": animation.keys}
    check_same(manifest, animation, 4)
    other = frame_keys(animation.plan, "0" * 64)
    with pytest.raises(InputError, match="weights: the frames to resume from were made with '0000"):
        check_same({**manifest, "weights": "0" * 64, "keys": other}, animation, 4)
    with pytest.raises(InputError, match="frame 2 was drawn by another version of dreamreel"):
        check_same({**manifest, "keys": [*animation.keys[:2], "f", "f"]}, animation, 4)


def test_frames_are_never_written_over(tmp_path):
    FrameFolder(tmp_path).save(0, np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match="already holds frames; --resume goes on with them"):
        open_folder(tmp_path, resume=False)
    with pytest.raises(VideoError, match=r"no render.json that says what they are of"):
        open_folder(tmp_path, resume=True)


def test_leaving_on_an_error_leaves_no_half_video(tmp_path):
    def render_until_dark():
        animation = tiny.animation()
        with Output(animation, tmp_path / "a.mp4") as output:
            output.add(next(iter(animation)))
            raise RuntimeError("lights out")

    with pytest.raises(RuntimeError, match="lights out"):
        render_until_dark()
    assert list(tmp_path.iterdir()) == []


def test_the_video_of_an_early_end_plays(tmp_path):
    animation = tiny.animation()
    with Output(animation, tmp_path / "a.mp4") as output:
        output.add(next(iter(animation)))
        output.finish()
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert len(list(container.decode(video=0))) == 1
