import numpy as np

from dreamreel.diffusion.philox import philox_normals


def test_numbers_are_those_that_webuis_and_cards_draw():
    # torch.manual_seed(0); torch.randn(5, device="cuda")
    expected = [-0.92466, -0.42534, -2.64384, 0.14518, -0.12086]
    assert np.allclose(philox_normals(0, 0, 5), expected, atol=1e-5)


def test_each_number_has_a_thread_of_its_own_so_that_how_many_are_drawn_changes_none():
    assert np.array_equal(philox_normals(5, 2, 5000)[:3000], philox_normals(5, 2, 3000))


def test_seeds_and_calls_of_any_size_are_streams_of_their_own():
    drawn = [
        philox_normals(seed, call, 2000) for seed in (0, 2**32 - 1, 2**32, 2**64 - 1) for call in (0, 1, 2**32 - 1)
    ]
    assert len({each.tobytes() for each in drawn}) == len(drawn)
    for each in drawn:
        assert abs(each.mean()) < 0.1
        assert abs(each.std() - 1) < 0.1
