"""The short form of `./run chaos`: a worker, the server, and both at once are killed; nothing is lost."""

import pytest
from bench.chaos import Options, run
from tests import forked


@pytest.mark.timeout(900)
def test_killed_at_random_nothing_is_lost_and_no_frame_differs():
    options = Options(predictions=3, every_s=1.0, most_kills=3, seed=1, size="32x32")
    result = run(options, begin=lambda arguments, log: forked.begin(arguments, log, log))
    assert result.kills == {"worker": 1, "server": 1, "both": 1}
    assert result.lines()[1] == "accepted 3, succeeded 3, lost 0, frames differing 0, webhooks missing 0"
    assert result.is_good
